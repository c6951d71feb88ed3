"""Convolutional students learn side by side where that was measured to pay, and learn the same to the last bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from kdcore.events import Checkpoint, Finished, NoCommands, Trained
from kdcore.experiment import Experiment
from kdcore.pipelines import checks, experiment_pipeline, lanes_choice
from kdcore.pipelines.arithmetic_choice import Arithmetic, choose_arithmetic
from kdcore.system import threads

CNN = Experiment.from_flat(
    {
        "dataset": "digits",
        "count": 60,
        "batch_size": 20,
        "epochs": 2,
        "teacher": "digits-mlp-300",
        "student": "cnn-medium",
        "device": "cpu",
        "precision": "float32",
        "clip_norm": 0.5,
        "weight_decay": 0.01,
        "hidden_labels": 0.3,
    }
)
BOTH_THREADS = Arithmetic(2, "float32")


class Measuring:
    """Stands for the measurement: gives this answer, and counts."""

    def __init__(self, answer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer, self.asked = answer, 0
        monkeypatch.setattr(lanes_choice, "side_by_side_pays", self)
        monkeypatch.setattr(threads, "cores", lambda: 2)

    def __call__(self, *_: object) -> bool:
        self.asked += 1
        return self.answer


def chosen(experiment: Experiment, folder: Path) -> Arithmetic:
    checked = checks.check(experiment, data_folder=folder, runs_folder=folder)
    return choose_arithmetic(checked, [experiment.student], folder, None, together=checked.student_stages)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(experiment_pipeline, "latency_per_name", lambda: lambda *_: {})
    folders = {"data_folder": tmp_path / "data", "runs_folder": tmp_path / "runs"}
    return lambda experiment, **more: list(
        experiment_pipeline.run(experiment, commands=NoCommands(), **folders, **more)
    )


def weights(events: list[Any]) -> dict[str, Tensor]:
    trained = [event for event in events if isinstance(event, Trained)]
    return {f"{one.role} {name}": tensor.clone() for one in trained for name, tensor in one.tensors.items()}


@pytest.mark.parametrize(("pays", "arithmetic"), [(True, Arithmetic(1, "float32", 2)), (False, BOTH_THREADS)])
def test_it_is_measured_once(
    pays: bool, arithmetic: Arithmetic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measuring = Measuring(pays, monkeypatch)
    assert [chosen(CNN, tmp_path) for _ in range(2)] == [arithmetic] * 2
    assert measuring.asked == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"threads": 2},
        {"smoothness": 0.1},
        {"student": "mlp-1200x2"},
        {"method": "data-free", "teacher": "cnn-tiny"},
    ],
    ids=["threads were chosen", "losses need the graph", "perceptrons fill all cores", "without images"],
)
def test_what_cannot_gain_is_not_measured(
    fields: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measuring = Measuring(True, monkeypatch)
    assert chosen(CNN.with_flat(**fields), tmp_path) == BOTH_THREADS
    assert measuring.asked == 0


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("method", ["soft-targets", "mutual-learning", "similarity-preserving"])
def test_they_learn_the_same_bits_side_by_side(
    method: str, precision: str, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The logits alone, peers, and features."""
    Measuring(True, monkeypatch)
    experiment = CNN.with_flat(method=method, precision=precision)
    in_turn, at_once = run(experiment.with_flat(threads=1)), run(experiment)
    lanes = [events[-1].results["lanes"] for events in (in_turn, at_once)]
    assert lanes == [1, 2]
    ours, theirs = weights(at_once), weights(in_turn)
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]), name


def test_a_resumed_run_keeps_its_lanes(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    measuring = Measuring(True, monkeypatch)
    whole = run(CNN)
    cut = next(event for event in whole if isinstance(event, Checkpoint) and event.phase == "students")
    assert (cut.values["threads"], cut.values["lanes"]) == (1, 2)
    measuring.answer = False
    resumed = run(CNN, resume=cut)
    assert isinstance(resumed[-1], Finished)
    assert resumed[-1].results["lanes"] == 2
