"""Every method at the lowest temperature with a teacher that is sure beyond float32: numbers to the end."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from kdcore.events import BatchMetrics, Finished, NoCommands, Trained
from kdcore.experiment import FLAT_FIELDS, Experiment
from kdcore.methods.registry import methods
from kdcore.metrics import latency
from kdcore.pipelines import find_or_train_teacher
from kdcore.pipelines.experiment_pipeline import run

LOWEST = float(FLAT_FIELDS["temperature"].bound("ge") or 0)
SURER = 300.0
"""Times as large logits: thousands, so that every other class has probability 0 in float32 at any of these temperatures."""
SMALL = Experiment.from_flat(
    {
        "count": 50,
        "batch_size": 25,
        "epochs": 2,
        "teacher": "cnn-small",
        "teacher_epochs": 1,
        "student": "cnn-small",
        "temperature": LOWEST,
        "threads": 1,
        "precision": "float32",
    }
)


@pytest.fixture
def overconfident(monkeypatch: pytest.MonkeyPatch) -> None:
    """The teacher's last layer says the same, so many times as loud."""
    build = find_or_train_teacher.build_trained

    def louder(*how: Any) -> nn.Module:
        network = build(*how)
        last = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
        with torch.no_grad():
            last.weight *= SURER
            last.bias *= SURER
        return network

    monkeypatch.setattr(find_or_train_teacher, "build_trained", louder)
    monkeypatch.setattr(latency, "latency", lambda *how: latency.Latency(1e-3, 1e-3))


@pytest.mark.usefixtures("overconfident")
@pytest.mark.parametrize("name", methods())
def test_losses_and_weights_are_numbers_to_the_end(name: str, tmp_path: Path) -> None:
    experiment = SMALL.with_flat(method=name)
    seen = [*run(experiment, data_folder=tmp_path, runs_folder=tmp_path, commands=NoCommands())]
    assert isinstance(seen[-1], Finished)
    for event in seen:
        terms = event.terms if isinstance(event, BatchMetrics) else ()
        assert all(math.isfinite(term.scaled) for term in terms)
    trained = [event for event in seen if isinstance(event, Trained)]
    assert trained
    for event in trained:
        for tensor in event.tensors.values():
            assert not tensor.is_floating_point() or bool(torch.isfinite(tensor).all()), event.role
