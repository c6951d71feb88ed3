"""What a stage may use beyond its batch: layers with fixed weights, networks run on images of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from kdcore import networks
from kdcore.data import datasets, transfer_set
from kdcore.events import Measured, NoCommands
from kdcore.methods.stages import stages_of
from kdcore.plan import Batch, Figure, Stage, Term
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream, StreamBatch
from kdcore.training.loop import TrainingLoop
from kdcore.training.members import TrainedNetwork, member
from tests.kdcore.training.test_loop import BASE


@pytest.fixture(scope="module")
def dataset() -> datasets.Dataset:
    return datasets.load("digits")


def labels(batch: Batch) -> Sequence[Term]:
    logits = batch.outputs["student"].logits
    return [Term("student", "labels", "labels", logits.logsumexp(-1).mean(-1) - logits[..., 0].mean(-1))]


def cohort(dataset: datasets.Dataset, stage: Stage, student: str) -> Cohort:
    """A twin, and a student of this stage; one group where the architecture allows it."""
    experiment = BASE.with_flat(student=student, optimiser="adamw", weight_decay=0.1)
    scratch = experiment.with_flat(method="labels-only", parameters={})
    teacher = networks.build("mlp-64", dataset.shape, 10, seed=9)
    made = Cohort(
        [
            member("twin", scratch, stages_of(scratch), experiment.recipe, 0),
            member("student", experiment, [stage], experiment.recipe, 0),
        ],
        experiment.recipe,
        dataset.shape,
        10,
        "cpu",
        {"teacher": TrainedNetwork("mlp-64", teacher.state_dict())},
    )
    made.enter([0, 0])
    return made


def sampler(dataset: datasets.Dataset) -> BatchSampler:
    return BatchSampler(transfer_set.transfer_set(dataset.train, BASE), BASE.recipe, 0, dataset.black)


@pytest.mark.parametrize(("student", "point"), [("mlp-30x2", "early"), ("cnn-small", "middle")])
def test_layers_before_a_fixed_point_stay_and_the_others_learn(
    dataset: datasets.Dataset, student: str, point: str
) -> None:
    stage = Stage("fixed", {"student": student}, labels, fixed={"student": point})
    run, batches = cohort(dataset, stage, student), sampler(dataset)
    refs = {run.members[ref.member].role: ref for ref in run.active.refs}
    before = {role: {n: t.clone() for n, t in run.weights(ref).items()} for role, ref in refs.items()}
    for step in range(3):
        run.step([StreamBatch(batches.batch(step), None, step)], 0.01, 0.0)
    fixed = networks.weights_before(student, point, dataset.shape, 10)
    names = {n for n, _ in networks.build(student, dataset.shape, 10, 0).named_parameters()}
    assert fixed
    assert names - fixed
    for name in names:
        stayed = torch.equal(run.weights(refs["student"])[name], before["student"][name])
        assert stayed == (name in fixed), name
        assert not torch.equal(run.weights(refs["twin"])[name], before["twin"][name]), "the twin learns all"


@pytest.mark.parametrize("student", ["mlp-30", "cnn-small"])
def test_a_network_run_on_the_batchs_images_gives_the_batchs_outputs(
    dataset: datasets.Dataset, student: str
) -> None:
    outputs: dict[str, torch.Tensor] = {}

    def objective(batch: Batch) -> Sequence[Term]:
        images = batch.images[None].requires_grad_()
        outputs["student"] = batch.forward("student", images)
        outputs["batch"] = batch.outputs["student"].logits
        outputs["teacher"] = batch.forward("teacher", images)
        outputs["alone"] = batch.forward("student", images, learn=False)
        for name in ("student", "teacher", "alone"):
            (outputs[f"{name} to image"],) = torch.autograd.grad(
                outputs[name].square().sum(), images, retain_graph=True
            )
        return labels(batch)

    run = cohort(
        dataset, Stage("runs networks", {"student": student}, objective, frozen=("teacher",)), student
    )
    inputs = sampler(dataset).batch(0)
    run.losses([StreamBatch(inputs, None, 0)], 0.0)
    torch.testing.assert_close(outputs["student"], outputs["batch"])
    teacher = networks.build("mlp-64", dataset.shape, 10, seed=9)
    torch.testing.assert_close(outputs["teacher"][0], teacher(inputs.images))
    assert all(outputs[f"{name} to image"].abs().sum() > 0 for name in ("student", "teacher", "alone"))
    slots = next(g for g in run.active.networks if any(r.network == "student" for r in g.refs)).slots
    learned = torch.autograd.grad(
        outputs["student"].sum(), [s.tensor for s in slots], retain_graph=True, allow_unused=True
    )
    assert any(gradient is not None and gradient.abs().sum() > 0 for gradient in learned)
    unlearned = torch.autograd.grad(outputs["alone"].sum(), [s.tensor for s in slots], allow_unused=True)
    assert all(gradient is None for gradient in unlearned)


def test_a_figure_is_the_mean_of_the_batches_that_have_it(dataset: datasets.Dataset) -> None:
    """One figure is missing in every other batch, another in all."""

    def objective(batch: Batch) -> Sequence[Term | Figure]:
        value = torch.tensor([2.0 if round(batch.progress * training.schedule.total) % 2 else math.nan])
        missing = torch.full_like(value, math.nan)
        return [*labels(batch), Figure("student", "known", value), Figure("student", "unknown", missing)]

    run = cohort(dataset, Stage("measures", {"student": "mlp-30"}, objective), "mlp-30")
    training = TrainingLoop("students", run, [DataStream(sampler(dataset))], dataset.validation, NoCommands())
    training.schedule = replace(training.schedule, report_every=4)
    measured = [e.values for e in training.run() if isinstance(e, Measured)]
    assert len(measured) == training.schedule.total // 4
    assert all(values == {"known": 2.0} for values in measured)
