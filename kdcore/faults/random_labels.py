"""Random labels: images and labels were shuffled apart."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from kdcore.experiment import Experiment
from kdcore.faults.altered_teacher import any_teacher
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.plan import Batch, Drawing, Figure, Objective, Term
from kdcore.texts import N_

CARD = FaultCard(
    name="random-labels",
    title=N_("Random labels"),
    wrong=N_(
        "The labels were shuffled without the images, or the images without the labels. The student's labels say nothing "
        "of its images; the twin has the right ones."
    ),
    shows=N_(
        "The labels' loss stays about that of a guess or above it (with ten classes 2.3), while the soft loss falls: labels and teacher "
        "pull in different directions."
    ),
    met=N_("mlcommons/GaNDLF, pull request 870: data and labels were shuffled separately."),
    mend="images, labels = images[order], labels[order]",
    caught_by=N_("The labels in the loss are those of the images in the batch."),
    hook="student",
)


def sound(labels: Tensor) -> Tensor:
    """The labels [N] of a batch's images."""
    return labels


def faulty(labels: Tensor) -> Tensor:
    """The labels [N] of a batch's images."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    return labels[order.to(labels.device)]


def invariant(of_batch: Version) -> bool:
    """Label i is image i's."""
    return torch.equal(of_batch(torch.arange(20)), torch.arange(20))


def hooks(version: Version) -> Hooks:
    """The labels that the student's loss is given."""

    def mislabelled(objective: Objective) -> Objective:
        def on_batch(batch: Batch) -> list[Term | Figure | Drawing]:
            index = version(batch.labels.index.movedim(-1, 0)).movedim(0, -1)
            return [*objective(replace(batch, labels=replace(batch.labels, index=index)))]

        return on_batch

    return Hooks(student=mislabelled)


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Every student has labels that can be shuffled."""
    return any_teacher(experiment, teacher)
