"""What a worker does before it has a run."""

from __future__ import annotations

import io
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from kdcore.experiment import Experiment
from kdcore.pipelines import method_cost
from kdcore.runs import worker as worker_module
from kdcore.runs.local_engine import LocalEngine
from kdcore.runs.store import Store
from kdcore.runs.worker import SPARE
from kdcore.system.processes import Process

SECONDS = 120.0


@pytest.mark.skipif(os.name == "nt", reason="Windows knows neither niceness nor process groups")
def test_a_spare_says_when_it_is_warm_and_gives_way_to_its_server(tmp_path: Path) -> None:
    store, engine = Store(tmp_path), LocalEngine(tmp_path)
    engine.keep_spare()
    assert engine.spare is not None
    worker = engine.spare.pid
    try:
        give_up = time.monotonic() + SECONDS
        while (noted := store.fact(SPARE)) is None and time.monotonic() < give_up:
            assert engine.spare.poll() is None
            time.sleep(0.05)
        assert noted == {"worker": str(Process.of(worker))}
        assert os.getpriority(os.PRIO_PROCESS, worker) == 19
        # Niceness counts within a session only, where Linux groups by session; ctrl-C reaches a terminal's process group.
        assert os.getsid(worker) == os.getsid(0)
        assert os.getpgid(worker) == worker
    finally:
        engine.close(0)


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no niceness")
def test_a_run_that_was_deleted_meanwhile_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    run = store.create(Experiment(), "alice")
    store.delete(run.id)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{run.id} 2\n"))
    monkeypatch.setattr(os, "nice", lambda more: more)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert worker_module.main(["--runs", str(tmp_path)]) == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not store.run_folder(run.id).exists()


def test_what_a_methods_loss_costs_is_measured_once_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []

    def measure(name: str, family: str, speed: object) -> float:
        measured.append(f"{name}/{family}")
        return 1.5

    monkeypatch.setattr(method_cost, "measure", measure)
    store = Store(tmp_path)
    worker_module._note_method_cost(store, Experiment())
    assert not measured, "without a speed to compare with there is nothing to note"
    store.set_fact(worker_module.SPEED, {"step": 1e-3})
    for method in ("soft-targets", "soft-targets", "relational"):
        worker_module._note_method_cost(store, Experiment(method=method))
    assert measured == ["soft-targets/linear", "relational/linear"]
    assert store.fact(worker_module.METHOD_COSTS) == dict.fromkeys(measured, 1.5)
    store.close()
