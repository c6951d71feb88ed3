"""The faults as pages show them: what they are called, the mark of a run that has one, and what can be chosen."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from dashboard.data import torch_imports
from dashboard.text.translation import _
from kdcore.faults.badge import HIDDEN, KNOWN, riddle_seed
from kdcore.faults.titles import fault_title

if TYPE_CHECKING:
    from kdcore.faults.contract import FaultCard


@cache
def _cards() -> dict[str, FaultCard]:
    from kdcore.faults.registry import faults

    return {name: fault.CARD for name, fault in faults().items()}


def cards() -> dict[str, FaultCard]:
    """The faults' cards by name; none until torch is imported."""
    return _cards() if torch_imports.warm() else {}


def title(fault: str) -> str:
    """What a fault or a riddle is called where one is chosen."""
    if not fault:
        return _("none")
    if (seed := riddle_seed(fault)) is not None:
        return _("riddle {seed}").format(seed=seed)
    return _(fault_title(fault))


def choices(chosen: str) -> list[str]:
    """What a recipe's field can be set to: nothing, each fault, and what it is now."""
    offered = ["", *cards()]
    return offered if chosen in offered else [*offered, chosen]


def badge(fault: str) -> str:
    """The mark of a run with this field, in the session's language; empty for a sound run."""
    if not fault:
        return ""
    seed = riddle_seed(fault)
    return _(KNOWN).format(name=title(fault)) if seed is None else _(HIDDEN).format(seed=seed)
