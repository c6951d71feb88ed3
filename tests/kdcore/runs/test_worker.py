"""What a worker does before it has a run."""

from __future__ import annotations

import io
import os
import signal
import sys
import time
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from kdcore.experiment import Experiment
from kdcore.pipelines import method_cost
from kdcore.pipelines.teacher_question import teacher_question
from kdcore.runs import worker as worker_module
from kdcore.runs.local_engine import LocalEngine
from kdcore.runs.store import Store
from kdcore.runs.worker import ANSWERED, SPARE
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


def test_the_least_that_a_method_cost_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, run = Store(tmp_path), MagicMock(results={"student": {"network": "mlp-30"}})
    worker_module._note_method_cost(store, run)
    assert store.fact(worker_module.METHOD_COSTS) is None, "without a speed there is nothing to compare with"
    store.set_fact(worker_module.SPEED, {"step": 1e-3})
    for method, cost in (
        ("soft-targets", 1.5),
        ("soft-targets", 4.0),
        ("relational", 2.0),
        ("decoupled", None),
    ):
        monkeypatch.setattr(method_cost, "observed", lambda *_, cost=cost: cost)
        run.experiment = Experiment(method=method)
        worker_module._note_method_cost(store, run)
    kept = {"soft-targets/mlp-30": 1.5, "relational/mlp-30": 2.0}
    assert store.fact(worker_module.METHOD_COSTS) == kept, "on a busy machine it takes longer"
    store.close()


def test_a_question_that_was_answered_is_noted_once_and_the_newest_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "MOST_ANSWERED", 2)
    store, few, more = Store(tmp_path), Experiment(count=10), Experiment(count=20)
    for experiment in (few, few.with_flat(temperature=8), more):
        worker_module._note_answers(store, experiment)
    assert store.fact(ANSWERED) == {teacher_question(few): True, teacher_question(more): True}
    worker_module._note_answers(store, Experiment(count=30))
    assert teacher_question(few) not in (store.fact(ANSWERED) or {})
    store.close()
