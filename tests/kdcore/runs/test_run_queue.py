"""Whose turn it is."""

from __future__ import annotations

import pytest

from kdcore.errors import RunRefused
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from kdcore.system.processes import Process
from tests.kdcore.runs.made_runs import ME, claimed, queued


def test_the_queue_is_first_come_first_served_with_one_live_run_a_browser(store: Store) -> None:
    a1, a2, a3 = (queued(store, "alice") for _ in range(3))
    b1 = queued(store, "bob")
    c1 = queued(store, "carol")

    def places() -> list[int | None]:
        return [store.run(r.id).queue_position for r in (a1, a2, a3, b1, c1)]

    assert places() == [1, 4, 5, 2, 3]
    assert store.startable(2) == [a1.id, b1.id]
    assert not store.claim(a2.id, ME, slots=0)
    assert store.claim(a1.id, Process("here", 1, "x"), slots=2)
    assert not store.claim(a2.id, ME, slots=2), "alice has a live run"
    assert store.claim(b1.id, Process("here", 2, "x"), slots=2)
    assert not store.claim(c1.id, ME, slots=2), "both slots are taken"
    assert store.startable(2) == []
    assert places() == [None, 2, 3, None, 1]
    store.finish(a1.id, "finished", {})
    assert store.startable(2) == [a2.id], "alice was here before carol"
    store.finish(b1.id, "finished", {})
    assert store.startable(2) == [a2.id, c1.id]


def test_the_runs_of_a_sweep_train_at_once_where_nobody_else_waits(store: Store) -> None:
    s1, s2, s3 = (store.create(Experiment(), "alice", sweep="a sweep") for _ in range(3))
    after = queued(store, "alice")
    other = store.create(Experiment(), "alice", sweep="another sweep")
    assert store.startable(3) == [s1.id, s2.id, s3.id]
    bob = queued(store, "bob")
    assert store.startable(3) == [s1.id, bob.id, s2.id], "whoever has nothing yet comes first"
    assert store.startable(9) == [s1.id, bob.id, s2.id, s3.id], (
        "what alice asked for later waits for her sweep"
    )
    assert store.claim(s1.id, Process("here", 1, "x"), slots=3)
    assert store.claim(s2.id, Process("here", 2, "x"), slots=3)
    assert not store.claim(other.id, ME, slots=3)
    assert not store.claim(after.id, ME, slots=3)
    assert store.startable(3) == [bob.id]
    for run in (s1, s2):
        store.finish(run.id, "finished", {})
    assert store.claim(s3.id, Process("here", 3, "x"), slots=3)
    store.finish(s3.id, "finished", {})
    assert store.claim(after.id, ME, slots=3)
    assert not store.claim(other.id, ME, slots=3), "a simple run of hers goes on"
    assert store.startable(3) == [bob.id]


def test_a_resumed_run_queues_at_the_end(store: Store) -> None:
    first, second = claimed(store), queued(store, "bob")
    store.finish(first.id, "lost", error="gone", worker=ME)
    store.requeue(first.id)
    assert store.startable(2) == [second.id, first.id]
    assert store.run(first.id).error == ""
    with pytest.raises(RunRefused, match="nothing to resume"):
        store.requeue(first.id)
