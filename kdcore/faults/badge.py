"""What a run with a fault is marked with wherever it is shown."""

from __future__ import annotations

from collections.abc import Callable

from kdcore.faults.titles import fault_title
from kdcore.texts import N_

RIDDLE = "?"
"""Before the seed of a riddle, in an experiment's field `fault`."""
KNOWN = N_("fault on purpose: {name}")
HIDDEN = N_("riddle {seed}: a fault on purpose, or none")


def riddle_seed(fault: str) -> int | None:
    """The seed of a riddle; None where the field names a fault or is empty."""
    return int(fault.removeprefix(RIDDLE)) if fault.startswith(RIDDLE) else None


def badge(fault: str, say: Callable[[str], str] = str) -> str:
    """The mark of a run with this field; empty for a sound run. `say` translates."""
    if not fault:
        return ""
    seed = riddle_seed(fault)
    return say(KNOWN).format(name=say(fault_title(fault))) if seed is None else say(HIDDEN).format(seed=seed)
