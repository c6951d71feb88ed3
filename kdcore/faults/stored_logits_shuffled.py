"""Stored logits in another order than the images: each image gets what the teacher said of another."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn

from kdcore.experiment import Experiment
from kdcore.faults.altered_teacher import AlteredTeacher
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.plan import Output
from kdcore.texts import N_
from kdcore.training.batch_sampler import InputBatch
from kdcore.training.teacher_outputs import TeacherOutputs

CARD = FaultCard(
    name="stored-logits-shuffled",
    title=N_("Stored logits in another order"),
    wrong=N_(
        "The teacher's logits were stored in one order, as a shuffling loader gave the images, and are looked up in another: "
        "each image is taught what the teacher said of some other."
    ),
    shows=N_(
        "The soft loss hardly falls, the gradients from labels and teacher pull apart, and the student errs far more than its "
        "twin on new images."
    ),
    met=N_(
        "haitongli/knowledge-distillation-pytorch, issues 4 and 9, mended in pull request 17: its loader shuffled, the teacher's "
        "outputs were stored batch by batch."
    ),
    mend="stored[image_numbers] = teacher(images)",
    caught_by=N_("The stored row of an image is what the teacher says of that image."),
    hook="teacher",
)


def sound(stored: Tensor) -> Tensor:
    """The stored logits [n, C] as they are looked up by an image's number."""
    return stored


def faulty(stored: Tensor) -> Tensor:
    """The stored logits [n, C] as they are looked up by an image's number."""
    order = torch.randperm(len(stored), generator=torch.Generator().manual_seed(0))
    return stored[order.to(stored.device)]


def invariant(looked_up: Version) -> bool:
    """Row i is what the teacher says of image i."""
    teacher, images = nn.Linear(5, 3), torch.randn(20, 5)
    with torch.no_grad():
        return torch.equal(looked_up(teacher(images)), teacher(images))


def hooks(version: Version) -> Hooks:
    """What the teacher says of the batch's images, where it is looked up."""

    def altered(teacher: TeacherOutputs) -> TeacherOutputs:
        @cache
        def stored() -> Tensor:
            logits: Tensor = version(teacher.on_transfer_set)
            return logits

        def for_batch(sound_teacher: TeacherOutputs, batch: InputBatch) -> Output:
            features = sound_teacher.for_batch(batch).features if sound_teacher.points else {}
            return Output(stored().index_select(0, batch.indices), features)

        return AlteredTeacher(teacher, for_batch)

    return Hooks(teacher=altered)


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Every teacher's logits can be stored."""
    return ""
