"""What goes with any method: L1, smoothness and margin for twin and student alike; labels corrected by the teacher for the student."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from kdcore import networks
from kdcore.data import datasets
from kdcore.events import BatchMetrics, Finished, Measured, NoCommands
from kdcore.experiment import Experiment
from kdcore.pipelines.experiment_pipeline import run as distil
from kdcore.training.label_correction import corrected_labels
from kdcore.training.objective_batch import group_labels
from kdcore.training.smoothness import DISTURBANCE
from tests.kdcore.training.test_loop import BASE, members, training

ONE_STEP = BASE.with_flat(
    optimiser="sgd", momentum=0.0, learning_rate=1.0, schedule="constant", epochs=1, count=20
)


@pytest.fixture(scope="module")
def dataset() -> datasets.Dataset:
    return datasets.load("digits")


@pytest.mark.parametrize("student", ["mlp-30", "cnn-small"])
def test_l1_adds_the_sum_of_the_weights_sizes(dataset: datasets.Dataset, student: str) -> None:
    run = training(dataset, ONE_STEP.with_flat(l1=0.01, student=student))
    list(run.run())
    network = networks.build(student, dataset.shape, 10, seed=0)
    inputs = run.sampler.batch(0)
    loss = torch.nn.functional.cross_entropy(network(inputs.images), inputs.labels.index)
    (loss + 0.01 * sum(p.abs().sum() for p in network.parameters())).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None
        expected = parameter.detach() - parameter.grad
        torch.testing.assert_close(run.final_weights()["twin"][name], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("student", ["mlp-30", "cnn-small"])
def test_smoothness_is_the_squared_change_under_noise(dataset: datasets.Dataset, student: str) -> None:
    run = training(dataset, ONE_STEP.with_flat(smoothness=0.5, student=student))
    events = [e for e in run.run() if isinstance(e, BatchMetrics) and e.step == 1]
    smoothness = {e.role: next(t for t in e.terms if t.name == "smoothness") for e in events}
    network = networks.build(student, dataset.shape, 10, seed=0)
    images = run.sampler.batch(0).images
    changes = []
    for seed in range(20):
        noise = DISTURBANCE * torch.randn(images.shape, generator=torch.Generator().manual_seed(seed))
        changes.append(float((network(images + noise) - network(images)).square().mean().detach()))
    for role in ("twin", "student"):
        assert smoothness[role].raw == pytest.approx(sum(changes) / len(changes), rel=0.25)
        assert smoothness[role].scaled == pytest.approx(0.5 * smoothness[role].raw)


def test_a_margin_reaches_the_labels_loss_of_twin_and_student(dataset: datasets.Dataset) -> None:
    firsts = {}
    for margin in (0.0, 5.0):
        events = list(training(dataset, ONE_STEP.with_flat(margin=margin)).run())
        metrics = {e.role: e for e in events if isinstance(e, BatchMetrics) and e.step == 1}
        firsts[margin] = {role: e.terms[0].raw for role, e in metrics.items()}
    for role in ("twin", "student"):
        assert firsts[5.0][role] > firsts[0.0][role] + 3


def test_the_teacher_corrects_what_it_is_sure_of() -> None:
    teacher = torch.tensor([[9.0, 0, 0], [0, 1.0, 0], [0, 0, 9.0]])
    labels, share = corrected_labels(torch.tensor([1, 0, 2]), teacher, 0.9)
    assert labels.tolist() == [0, 0, 2], "sure of another class, not sure, sure of the label"
    assert share == pytest.approx(1 / 3)


def test_corrected_labels_are_the_students_alone(dataset: datasets.Dataset) -> None:
    """Under label noise: the twin keeps the wrong labels, the student learns the teacher's."""
    experiment = BASE.with_flat(label_noise=0.5, corrected_labels=0.5, teacher_weight=0.0, epochs=1)
    run = training(dataset, experiment, trainees=members(experiment))
    assert run.teacher is not None
    with torch.no_grad():
        run.teacher.network.get_parameter("layers.1.weight").mul_(50)  # a teacher that is sure of itself
    events = list(run.run())
    share = {e.role: e.values["labels corrected"] for e in events if isinstance(e, Measured)}
    assert set(share) == {"student"}
    groups = {run.cohort.members[g.members[0]].role: g for g in run.cohort.active.objectives}
    expected, _ = corrected_labels(run.sampler.labels.index, run.teacher.on_transfer_set, 0.5)
    differed = False
    for step in range(run.sampler.steps_per_epoch):
        inputs = run.sampler.batch(step)
        learned = group_labels(groups["student"], inputs).index
        assert torch.equal(learned[0], expected[inputs.indices])
        assert torch.equal(group_labels(groups["twin"], inputs).index, inputs.labels.index)
        differed |= not torch.equal(learned[0], inputs.labels.index)
    assert differed


def test_correcting_labels_alone_asks_for_a_teacher(tmp_path: Path) -> None:
    """Without soft targets, too: labels only, corrected where half of them are drawn at random, beats them as they are."""
    experiment = Experiment.from_flat(
        {"method": "labels-only", "label_noise": 0.5, "corrected_labels": 0.5, "epochs": 30, "count": 400}
    )
    *_, last = distil(experiment, data_folder=tmp_path, runs_folder=tmp_path, commands=NoCommands())
    assert isinstance(last, Finished)
    assert last.results["student"]["test_errors"] < last.results["twin"]["test_errors"]
