"""Patience, names and small experiments for the tests of runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from kdcore.experiment import Experiment

ALICE, BOB, CAROL = "alice's token", "bob's token", "carol's token"


def until(condition: Callable[[], Any], seconds: float = 120.0) -> Any:
    """Wait for a condition to be true and return what it gave; fail at the deadline."""
    give_up = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.01)
    return found


def steps(count: int, **flat: Any) -> Experiment:
    """An experiment of so many steps for the stand-in."""
    return Experiment().with_flat(epochs=count, **flat)
