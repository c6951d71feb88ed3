"""Runs come back as they were written, are listed, deleted and restored."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from kdcore.errors import RunRefused
from kdcore.events import (
    Finished,
    HotChange,
    Phase,
    Validation,
)
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from tests.kdcore.runs.made_runs import ME, claimed, queued


def test_a_run_comes_back_as_it_was_written(store: Store, folder: Path) -> None:
    experiment = Experiment().with_flat(temperature=7.5, omit=(3, 1), parameters={"confidence": 0.9})
    made = store.create(experiment, "alice", title="My preset")
    read = Store(folder).run(made.id)
    assert read == made
    assert (read.experiment, read.hash, read.title) == (experiment, experiment.hash, "My preset")
    assert (read.status, read.queue_position) == ("queued", 1)


def test_ids_are_random_and_begin_like_a_word(store: Store) -> None:
    ids = {queued(store).id for _ in range(200)}
    assert len(ids) == 200
    assert all(len(i) == 22 and i[0].isalnum() for i in ids)


def test_an_owner_is_not_readable_from_the_database(store: Store, folder: Path) -> None:
    queued(store, owner="a very secret cookie")
    store.close()
    for path in folder.iterdir():
        assert b"very secret" not in path.read_bytes()
    assert len(Store(folder).runs(owner="a very secret cookie")) == 1


def test_unknown_ids_are_refused_with_a_sentence(store: Store) -> None:
    for ask in (store.run, store.points, store.events, store.delete, store.take_commands):
        with pytest.raises(RunRefused, match="There is no run"):
            ask("AAAAAAAAAAAAAAAAAAAAAA")
    with pytest.raises(RunRefused):
        store.run_folder("../../etc")


def test_runs_are_listed_newest_first_and_filtered(store: Store) -> None:
    first, second = queued(store, "alice"), queued(store, "bob", temperature=2)
    store.finish(second.id, "finished", {"a": 1})
    assert [r.id for r in store.runs()] == [second.id, first.id]
    assert [r.id for r in store.runs(owner="alice")] == [first.id]
    assert [r.id for r in store.runs(status="finished")] == [second.id]
    assert [r.id for r in store.runs(hash=first.hash)] == [first.id]
    assert [r.id for r in store.runs(limit=1)] == [second.id]


def test_deleting_takes_rows_and_folder_but_never_a_live_run(store: Store, folder: Path) -> None:
    run = claimed(store)
    place = store.run_folder(run.id)
    place.mkdir()
    (place / "student.safetensors").touch()
    store.record(run.id, [Phase("students"), Validation(1, 0.1, "twin", 5, 100, 0.3)], worker=ME)
    with pytest.raises(RunRefused, match="Stop it first"):
        store.delete(run.id)
    store.purge([run.id])
    assert place.exists(), "nothing is taken from under its worker"
    store.finish(run.id, "stopped")
    store.delete(run.id)
    assert place.exists(), "a deletion can be undone"
    store.purge([run.id])
    assert not place.exists()
    database = sqlite3.connect(folder / "runs.sqlite3")
    for table in ("runs", "points", "events", "commands", "summaries"):
        assert database.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (0,)


def test_a_finished_run_is_offered_again_unless_something_was_changed_on_the_way(store: Store) -> None:
    plain, hot = claimed(store), queued(store)
    assert store.unchanged_finished(plain.hash) is None
    store.finish(plain.id, "finished", {})
    store.record(hot.id, [HotChange(1, 0.1, "temperature", 2.0), Finished("finished")])
    assert store.unchanged_finished(plain.hash).id == plain.id  # type: ignore[union-attr]
    store.delete(plain.id)
    assert store.unchanged_finished(plain.hash) is None
