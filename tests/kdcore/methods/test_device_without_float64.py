"""Whatever is computed on the device is computed there without float64, which Apple's GPUs have not: every method, every metric."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from kdcore.events import Finished, NoCommands
from kdcore.experiment import Experiment
from kdcore.methods.registry import methods
from kdcore.metrics import (
    agreement,
    calibration,
    class_bias,
    class_similarity,
    classification,
    confusions,
    dark_knowledge,
    fidelity,
    imbalance,
    latency,
    per_class,
    projections,
    risk_coverage,
    truth,
)
from kdcore.pipelines import loading
from kdcore.pipelines.experiment_pipeline import run
from kdcore.system import device
from tests.kdcore.narrow_device import DEVICE, without_float64

SMALL = Experiment.from_flat(
    {
        "count": 50,
        "batch_size": 25,
        "epochs": 1,
        "teacher": "cnn-small",
        "teacher_epochs": 1,
        "student": "cnn-tiny",
        "threads": 1,
        "precision": "float32",
    }
)
CLASSES = 4


def at_once(work: Callable[[], Any]) -> Future[Any]:
    """In the thread that asks, which alone knows of the device."""
    done: Future[Any] = Future()
    done.set_result(work())
    return done


@pytest.mark.parametrize("name", methods())
def test_every_method_trains_on_a_device_that_refuses_float64(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "choose_device", lambda wanted: DEVICE)
    monkeypatch.setattr(loading, "in_background", at_once)
    monkeypatch.setattr(latency, "latency", lambda *how: latency.Latency(1e-3, 1e-3, disturbed=False))
    experiment = SMALL.with_flat(method=name, student="cnn-small" if name in ("born-again",) else "cnn-tiny")
    with without_float64() as residents:
        *_, last = run(experiment, data_folder=tmp_path, runs_folder=tmp_path, commands=NoCommands())
    assert isinstance(last, Finished)
    assert residents.operations > 300, "it was computed on that device"


def test_latency_is_measured_on_a_device_that_refuses_float64() -> None:
    with without_float64() as residents:
        network = nn.Linear(4, 2).to(DEVICE)
        assert latency.latency(nn.Sequential(nn.Flatten(), network), (1, 2, 2), 1).p50 > 0
    assert residents.operations > 0


METRICS: dict[str, Callable[[Tensor, Tensor, Tensor], object]] = {
    "errors": lambda a, b, labels: classification.errors(a, labels),
    "nll": lambda a, b, labels: classification.nll(a, labels),
    "paired": lambda a, b, labels: classification.paired_difference(a[:, 0], b[:, 0]),
    "balanced": lambda a, b, labels: imbalance.class_errors(a, labels),
    "agreement": lambda a, b, labels: agreement.agreement(a, b),
    "kl": lambda a, b, labels: agreement.kl_to_teacher(a, b, 4.0),
    "calibration": lambda a, b, labels: calibration.calibration(a, labels, b, labels),
    "bias": lambda a, b, labels: class_bias.tuned_bias(a, labels, (1, 2)),
    "recall": lambda a, b, labels: class_bias.recall(a, labels, (1,), {1: 0.5}),
    "similarity": lambda a, b, labels: class_similarity.dendrogram(
        class_similarity.similarity(a, labels, 4.0)
    ),
    "rank": lambda a, b, labels: class_similarity.rank_correlation(
        class_similarity.similarity(a, labels), class_similarity.similarity(b, labels)
    ),
    "confusions": lambda a, b, labels: confusions.top_confusions(a, labels),
    "entropy": lambda a, b, labels: dark_knowledge.mean_entropy_curve(a, (1.0, 4.0)),
    "disagreement": lambda a, b, labels: dark_knowledge.disagreement(a, b),
    "mean soft targets": lambda a, b, labels: dark_knowledge.mean_soft_targets(a, labels, 2.0),
    "spread": lambda a, b, labels: dark_knowledge.non_answer_spread(a, labels),
    "fidelity": lambda a, b, labels: fidelity.fidelity(a, b, labels, 4.0),
    "per class": lambda a, b, labels: per_class.per_class(a, labels),
    "recall of each class": lambda a, b, labels: per_class.recall(a, labels),
    "projection": lambda a, b, labels: projections.project([a, b], "pca"),
    "risk": lambda a, b, labels: risk_coverage.risk_coverage(a, labels),
    "truth": lambda a, b, labels: truth.kl_from_truth(a, b.softmax(dim=1)),
    "logits of the truth": lambda a, b, labels: truth.logits(b.softmax(dim=1)),
}


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_takes_what_lies_on_a_device_that_refuses_float64(name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 40, CLASSES, generator=generator)
    labels = torch.arange(40) % CLASSES
    with without_float64() as residents:
        there = [tensor.clone().to(DEVICE) for tensor in (first, second, labels)]
        found = METRICS[name](*there)
        assert residents.has(there[0])
    assert repr(found) == repr(METRICS[name](first, second, labels))


def test_the_stand_in_refuses_float64_and_nothing_else() -> None:
    with without_float64() as residents:
        there = torch.ones(3).to(DEVICE).requires_grad_()
        assert str(there.device) == DEVICE
        (there * 2).sum().backward()
        assert residents.has(there.grad)
        assert torch.ones(2, dtype=torch.float64).sum() == 2
        assert there.detach().cpu().double().sum() == 3
        for refused in (
            lambda: there.double(),
            lambda: there.grad.double(),
            lambda: there.sum(dtype=torch.float64),
            lambda: torch.zeros(2, dtype=torch.float64, device=DEVICE),
        ):
            with pytest.raises(TypeError, match="it has none"):
                refused()
        with pytest.raises(RuntimeError, match="same device"):
            there.detach() + torch.ones(3)
