"""Only the worker that holds a run writes to it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kdcore.events import (
    Command,
    Finished,
    Validation,
)
from kdcore.runs.leases import LeaseLost
from kdcore.runs.store import Store
from kdcore.system.processes import Process
from tests.kdcore.runs.made_runs import ME, OTHER, claimed, queued


def test_only_one_worker_gets_a_run(folder: Path, store: Store) -> None:
    run = queued(store)
    workers = [Process("here", n, "now") for n in range(8)]
    barrier = threading.Barrier(len(workers))
    won: list[int] = []

    def claim(worker: Process) -> None:
        own = Store(folder)
        barrier.wait()
        if own.claim(run.id, worker, slots=8):
            won.append(worker.pid)
        own.close()

    threads = [threading.Thread(target=claim, args=[w]) for w in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_worker_whose_lease_was_taken_over_may_write_no_more(store: Store) -> None:
    run = claimed(store)
    store.finish(run.id, "lost", worker=ME)
    store.requeue(run.id)
    assert store.claim(run.id, OTHER)
    with pytest.raises(LeaseLost):
        store.record(run.id, [Validation(1, 0.1, "twin", 5, 100, 0.3)], worker=ME)
    with pytest.raises(LeaseLost):
        store.park(run.id, ME)
    assert not store.finish(run.id, "failed", error="too late", worker=ME)
    assert store.points(run.id) == []
    assert store.run(run.id).status == "running"
    store.finish(run.id, "stopped")
    store.delete(run.id)
    with pytest.raises(LeaseLost):
        store.record(run.id, [], worker=ME)


def test_recording_renews_the_lease_and_finishing_ends_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = claimed(store)
    [before] = store.leases()
    store.record(run.id, [], worker=ME)
    [after] = store.leases()
    assert after.worker == ME
    assert after.until > before.until
    store.record(run.id, [Finished("finished", {"x": 1})], worker=ME)
    assert store.leases() == []
    assert store.run(run.id).results == {"x": 1}


def test_a_run_is_not_parked_when_it_was_just_told_something(store: Store) -> None:
    run = claimed(store)
    store.command(run.id, Command("resume"))
    assert not store.park(run.id, ME)
    store.take_commands(run.id)
    assert store.park(run.id, ME)
    assert store.run(run.id).status == "parked"
