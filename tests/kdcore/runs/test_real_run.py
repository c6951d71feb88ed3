"""The real thing on the embedded digits: killed mid-run and resumed, it ends in the very same weights."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kdcore.events import Command
from kdcore.experiment import Experiment
from kdcore.runs.manager import Manager
from kdcore.runs.run_record import Run
from tests.kdcore.runs.helping import ALICE, BOB, until


@pytest.fixture
def manager(folder: Path) -> Iterator[Manager]:
    made = Manager(folder, slots=1, spare=True)
    yield made
    made.close()


def step_of(manager: Manager, run_id: str) -> int:
    run = manager.run(run_id)
    assert run.status not in ("finished", "failed"), run.error or "over before it could be killed"
    return int(run.progress.get("step", 0)) if run.phase == "students" else 0


def finished(manager: Manager, run_id: str) -> Run:
    run: Run = until(lambda: (r := manager.run(run_id)).status in ("finished", "failed", "lost") and r, 120)
    assert run.status == "finished", run.error
    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    "flat",
    [
        {"epochs": 200, "order_seed": 1},
        pytest.param(
            {
                "epochs": 60,
                "teacher": "mlp-40",
                "teacher_epochs": 3,
                "student": "cnn-small",
                "optimiser": "sgd",
                "learning_rate": 0.05,
                "shift": 1,
                "keep": "best",
                "count": 300,
            },
            marks=pytest.mark.proof,
        ),
    ],
    ids=["default", "augmented convolutions"],
)
def test_a_killed_run_ends_in_the_same_weights(manager: Manager, flat: dict[str, Any]) -> None:
    experiment = Experiment().with_flat(threads=1, **flat)
    run = manager.submit(experiment, ALICE)
    until(lambda: step_of(manager, run.id) > 20)
    # A pause makes it write a checkpoint in the midst of training, which would otherwise come after seconds.
    manager.command(run.id, ALICE, Command("pause"))
    until(lambda: manager.run(run.id).status == "paused")
    paused_at = step_of(manager, run.id)
    manager.command(run.id, ALICE, Command("resume"))
    until(lambda: step_of(manager, run.id) > paused_at)
    [lease] = manager.store.leases()
    os.kill(lease.worker.pid, signal.SIGKILL)
    until(lambda: manager.run(run.id).status == "lost")
    manager.resume(run.id, ALICE)
    resumed = finished(manager, run.id)
    assert resumed.cuts == 1, "it went on from the checkpoint, not from the beginning"
    assert manager.points(run.id)[0].seq < 100

    whole = finished(manager, manager.submit(experiment, BOB).id)
    for role in ("twin", "student"):
        weights = [manager.store.run_folder(r.id) / f"{role}.safetensors" for r in (resumed, whole)]
        assert weights[0].read_bytes() == weights[1].read_bytes(), role
    # A pause reports what it had not yet averaged, so loss terms may be split; validations are as they would have been.
    validations = [
        [
            (p.role, p.series, p.step, p.value)
            for p in manager.points(r.id)
            if p.phase == "students" and p.series.startswith("val_")
        ]
        for r in (resumed, whole)
    ]
    assert validations[0] == validations[1]
    assert resumed.results["student"]["test_errors"] == whole.results["student"]["test_errors"]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_curves_twice(manager: Manager) -> None:
    experiment = Experiment().with_flat(epochs=5, threads=1)
    first, second = (finished(manager, manager.submit(experiment, ALICE).id) for _ in range(2))
    curves = [[p[1:] for p in manager.points(r.id)] for r in (first, second)]
    assert curves[0] == curves[1]
    assert len({(p.role, p.series) for p in manager.points(first.id)}) > 10
