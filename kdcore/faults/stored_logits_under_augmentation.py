"""Stored logits under augmentation: the teacher speaks of the image, the student sees another view of it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kdcore.experiment import Experiment, teacher_sees_views
from kdcore.faults.altered_teacher import AlteredTeacher
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.plan import Output
from kdcore.texts import N_
from kdcore.training.batch_sampler import InputBatch
from kdcore.training.teacher_outputs import TeacherOutputs

CARD = FaultCard(
    name="stored-logits-under-augmentation",
    title=N_("Stored logits under augmentation"),
    wrong=N_(
        "The teacher's logits were computed once, on the images as they are, while the student sees them shifted, cropped "
        "or mixed. What it is taught was said of another picture than the one before it."
    ),
    shows=N_(
        "The soft loss does not fall as far as where the teacher sees the student's view: what is asked of the student no "
        "longer follows from what it sees."
    ),
    met=N_(
        "haitongli/knowledge-distillation-pytorch, issue 23; Beyer et al. 2022, Knowledge distillation: a good teacher is "
        "patient and consistent, section 3, measure it (fixed teacher)."
    ),
    mend="teacher_logits = teacher(augmented)",
    caught_by=N_(
        "The teacher's logits for a batch are what it says of the very pixels that the student sees."
    ),
    hook="teacher",
)


def sound(augmented: Tensor, originals: Tensor) -> Tensor:
    """The pictures [N, ...] that the teacher is asked about."""
    return augmented


def faulty(augmented: Tensor, originals: Tensor) -> Tensor:
    """The pictures [N, ...] that the teacher is asked about."""
    return originals


def invariant(asked_about: Version) -> bool:
    """The teacher sees what the student sees."""
    originals = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    augmented = originals.roll(1, dims=-1)
    return torch.equal(asked_about(augmented, originals), augmented)


def hooks(version: Version) -> Hooks:
    """What the teacher says for the batch's images."""

    def for_batch(teacher: TeacherOutputs, batch: InputBatch) -> Output:
        originals = teacher.sampler.images.index_select(0, batch.indices)
        return teacher.for_images(version(batch.images, originals))

    return Hooks(teacher=lambda teacher: AlteredTeacher(teacher, for_batch))


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Without augmentation stored logits are right."""
    if not teacher_sees_views(experiment):
        return N_(
            "Stored logits are wrong only where images are augmented and the teacher looks at each view: set shift or crop."
        )
    return ""
