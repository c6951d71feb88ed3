"""Runs as tests of the history need them, and what it finds."""

from __future__ import annotations

from typing import Any

from kdcore.experiment import Experiment
from kdcore.runs.history import History
from kdcore.runs.history_filter import HistoryFilter
from kdcore.runs.store import Store
from kdcore.system.processes import Process
from tests.kdcore.runs.helping import ALICE

ME = Process.me()


def results(student: int, twin: int) -> dict[str, Any]:
    def tested(errors: int) -> dict[str, Any]:
        return {"test_errors": errors, "test_images": 400, "test_accuracy": 1 - errors / 400}

    return {"student": tested(student), "twin": tested(twin), "teacher": tested(8)}


def run(
    store: Store, errors: int | None = None, twin: int = 30, owner: str = ALICE, title: str = "", **flat: Any
) -> str:
    """A run that has ended with so many errors, or one that still waits."""
    made = store.create(Experiment().with_flat(**flat), owner, title=title)
    if errors is not None:
        assert store.claim(made.id, ME)
        store.finish(made.id, "finished", results(errors, twin))
    return made.id


def ids(history: History, wanted: HistoryFilter | None = None, **how: Any) -> list[str]:
    return [line.id for line in history.find(wanted, **how).lines]
