"""Stars, tags and notes are kept tidy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kdcore.errors import RunRefused
from kdcore.runs import run_marks
from kdcore.runs.history import History
from kdcore.runs.run_marks import MOST_TAGS
from kdcore.runs.store import Store
from tests.kdcore.runs.history_runs import run


def test_marks_are_kept_tidy_and_seen_by_another_process(
    store: Store, history: History, folder: Path
) -> None:
    made = run(store)
    run_marks.mark(
        history.store, made, starred=True, tags=[" good ", "good", "", "class  5"], note="  why?\n"
    )
    run_marks.mark(history.store, made, note="because")
    seen = Store(folder).run(made)
    assert (seen.starred, seen.tags, seen.note) == (True, ("good", "class 5"), "because")
    run_marks.mark(history.store, made, starred=False, tags=[])
    seen = Store(folder).run(made)
    assert (seen.starred, seen.tags, seen.note) == (False, (), "because")


@pytest.mark.parametrize(
    "marks",
    [{"tags": ["x" * 41]}, {"tags": [str(n) for n in range(MOST_TAGS + 1)]}, {"note": "x" * 2001}],
    ids=["long tag", "many tags", "long note"],
)
def test_what_is_too_long_is_refused_and_changes_nothing(
    store: Store, history: History, marks: dict[str, Any]
) -> None:
    made = run(store)
    with pytest.raises(RunRefused, match="up to"):
        run_marks.mark(history.store, made, starred=True, **marks)
    assert not store.run(made).starred
