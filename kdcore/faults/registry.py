"""The faults of this folder, found by being there."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import cast

from kdcore import faults as folder
from kdcore.errors import InvalidExperiment, UnfinishedMethod
from kdcore.faults.contract import Fault, FaultCard

SHARED = (
    "contract",
    "registry",
    "riddles",
    "badge",
    "source",
    "soft_target_loss",
    "altered_teacher",
    "choice",
    "titles",
)
"""Files of this folder that are no faults."""
PARTS = ("sound", "faulty", "invariant", "hooks", "refusal")


@cache
def faults() -> dict[str, Fault]:
    """Every fault in this folder by its card's name, sorted by name.

    Raises:
        UnfinishedMethod: a file that lacks a part.
    """
    names = [file.name for file in pkgutil.iter_modules(folder.__path__) if file.name not in SHARED]
    finished = [_finished(importlib.import_module(f"{folder.__name__}.{name}")) for name in names]
    return {fault.CARD.name: fault for fault in sorted(finished, key=lambda fault: fault.CARD.name)}


def _finished(module: ModuleType) -> Fault:
    if isinstance(getattr(module, "CARD", None), FaultCard) and all(
        callable(getattr(module, part, None)) for part in PARTS
    ):
        return cast(Fault, module)
    raise UnfinishedMethod(
        f"{path_of(module)} is no fault yet: it needs CARD, a FaultCard, and the functions {', '.join(PARTS)}. "
        "docs/extending.md shows a whole one."
    )


def path_of(module: ModuleType) -> str:
    """A fault's file, as a reader finds it in the project."""
    return f"kdcore/faults/{module.__name__.rpartition('.')[2]}.py"


def fault(name: str) -> Fault:
    """The fault of that name.

    Raises:
        InvalidExperiment: there is none.
    """
    try:
        return faults()[name]
    except KeyError:
        raise InvalidExperiment(
            f"There is no fault '{name}'. There are: {', '.join(faults())}, and the riddles ?0, ?1 and so on."
        ) from None
