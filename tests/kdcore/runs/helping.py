"""Patience, names and small experiments for the tests of runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_training import member_runs, train_missing

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


def as_if_undisturbed(sweep: Sweep, store: Store, folder: Path) -> None:
    """Every student of a sweep has the results and the points that training here, in one go, gives it."""
    with closing(Store(folder / "undisturbed")) as quiet:
        assert {run.status for run in train_missing(sweep, quiet, data_folder=folder)} == {"finished"}
        pairs = zip(member_runs(sweep.members, store), member_runs(sweep.members, quiet), strict=True)
        for there, here in pairs:
            assert there.run is not None
            assert here.run is not None
            for role in ("twin", "student"):
                assert there.run.results[role]["test_errors"] == here.run.results[role]["test_errors"]
            points = [
                [p[1:] for p in one.points(run.id)] for one, run in ((store, there.run), (quiet, here.run))
            ]
            assert points[0] == points[1], "not one point is missing, doubled or different"
