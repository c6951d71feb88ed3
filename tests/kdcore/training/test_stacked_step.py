"""A step of stacked perceptrons by hand learns what autograd learns, and networks that join later start fresh."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
import torch
from torch import Tensor

from kdcore.data import datasets, transfer_set
from kdcore.errors import NetworkRefused
from kdcore.events import NoCommands, Trained
from kdcore.experiment import Experiment
from kdcore.methods.registry import methods
from kdcore.methods.stages import stages_of
from kdcore.networks import mlp
from kdcore.pipelines import experiment_pipeline
from kdcore.pipelines.checks import check
from kdcore.plan import Batch, Stage, Term
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream
from kdcore.training.loop import TrainingLoop
from kdcore.training.members import NetworkRef, member
from kdcore.training.network_groups import NetworkGroup
from kdcore.training.stacked_step import StackedStep

BASE = Experiment.from_flat(
    {
        "count": 40,
        "batch_size": 20,
        "epochs": 2,
        "teacher": "digits-mlp-300",
        "threads": 1,
        "clip_norm": 0.5,
        "weight_decay": 0.01,
        "l1": 1e-4,
        "hidden_labels": 0.3,
    }
)
NOWHERE = Path("no such folder")


def takes(experiment: Experiment) -> bool:
    try:
        check(experiment, data_folder=NOWHERE, runs_folder=NOWHERE)
    except NetworkRefused:
        return False
    return True


METHODS_AND_DEPTHS = [
    (method, depth)
    for method in methods()
    for depth in (1, 2, 5)
    if takes(BASE.with_flat(method=method, student=f"mlp-12x{depth}"))
]


def trained(experiment: Experiment, folder: Path) -> Iterator[tuple[str, str, Tensor]]:
    """The weights that twin and student end with."""
    given = {"data_folder": folder / "data", "runs_folder": folder / "runs", "commands": NoCommands()}
    for event in experiment_pipeline.run(experiment, **given):  # type: ignore[arg-type]
        if isinstance(event, Trained):
            yield from ((event.role, name, tensor) for name, tensor in event.tensors.items())
            if event.role == "student":
                return


@pytest.mark.parametrize("mixup", [0.0, 0.4], ids=["", "mixup"])
@pytest.mark.parametrize(("method", "depth"), METHODS_AND_DEPTHS)
def test_steps_by_hand_learn_what_autograd_learns(
    method: str, depth: int, mixup: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With clipping, weight decay, L1, dropout and hidden labels."""
    student = f"mlp-12x{depth}"
    monkeypatch.setitem(mlp.HINTON_DROPOUT, student, (0.2, 0.5))
    experiment = BASE.with_flat(method=method, student=student, mixup=mixup)
    by_hand = list(trained(experiment, tmp_path))
    with mock.patch.object(NetworkGroup, "step_from_leaves", return_value=None):
        by_autograd = list(trained(experiment, tmp_path))
    assert [one[:2] for one in by_hand] == [one[:2] for one in by_autograd]
    for (role, name, ours), (_, _, theirs) in zip(by_hand, by_autograd, strict=True):
        assert (ours - theirs).abs().max() <= 1e-6, f"{role} {name}"


def test_the_methods_that_read_logits_alone_take_this_way(tmp_path: Path) -> None:
    for method in ("labels-only", "soft-targets", "decoupled", "mutual-learning", "pseudo-labels"):
        original = StackedStep.carry_back
        with mock.patch.object(StackedStep, "carry_back", autospec=True, side_effect=original) as spy:
            list(trained(BASE.with_flat(method=method, student="mlp-12"), tmp_path))
        assert spy.call_count == 4, method


@pytest.fixture(scope="module")
def dataset() -> datasets.Dataset:
    return datasets.load("digits")


def labels(batch: Batch, network: str) -> list[Term]:
    logits = batch.outputs[network].logits
    return [Term(network, "labels", "labels", logits.logsumexp(-1).mean(-1) - logits[..., 0].mean(-1))]


@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
@pytest.mark.parametrize("twins", [1, 2])
def test_a_network_that_joins_later_starts_with_a_fresh_optimiser(
    dataset: datasets.Dataset, twins: int, optimiser: str
) -> None:
    """Beside one or two that have learned for half of the run, it learns what it learns one after another."""
    experiment = BASE.with_flat(student="mlp-12", optimiser=optimiser, learning_rate=0.01)
    scratch = experiment.with_flat(method="labels-only")
    stages = [
        Stage("a helper learns", {"helper": "mlp-20"}, lambda batch: labels(batch, "helper")),
        Stage("the student learns", {"student": "mlp-12"}, lambda batch: labels(batch, "student")),
    ]

    def weights(stacked: bool) -> list[Tensor]:
        members = [
            member(f"twin{i}", scratch, stages_of(scratch), experiment.recipe, i) for i in range(twins)
        ]
        members.append(member("student", experiment, stages, experiment.recipe, 7))
        cohort = Cohort(
            members,
            experiment.recipe,
            dataset.shape,
            10,
            "cpu",
            stacked={"mlp-12": stacked, "mlp-20": stacked},
        )
        sampler = BatchSampler(
            transfer_set.transfer_set(dataset.train, experiment), experiment.recipe, 0, dataset.black
        )
        list(TrainingLoop("students", cohort, [DataStream(sampler)], dataset.validation, NoCommands()).run())
        refs = [NetworkRef(m, "student") for m in range(len(members))]
        return [t.clone() for ref in refs for t in cohort.weights(ref).values()]

    for together, apart in zip(weights(stacked=True), weights(stacked=False), strict=True):
        torch.testing.assert_close(together, apart, rtol=1e-4, atol=1e-5)
