"""Runs as tests of the store need them: queued, or claimed by a worker."""

from __future__ import annotations

from kdcore.experiment import Experiment
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from kdcore.system.processes import Process

ME = Process.me()
OTHER = Process("elsewhere", 1, "long ago")


def queued(store: Store, owner: str = "alice", **flat: object) -> Run:
    return store.create(Experiment().with_flat(**flat), owner)


def claimed(store: Store, worker: Process = ME) -> Run:
    run = queued(store)
    assert store.claim(run.id, worker)
    return run
