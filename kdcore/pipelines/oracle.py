"""The oracle: a teacher that says the probabilities that the labels were drawn from, exactly.

Menon, Rawat, Reddi, Kim and Kumar 2021, A statistical perspective on distillation, section 3: a student of the true class
probabilities sees the same loss in the mean as one of the labels, with less variance. A dataset offers an oracle where it knows
these probabilities for each of its images; the oracle recognises an image by its pixels and knows no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from kdcore.data.datasets import Dataset
from kdcore.errors import InvalidExperiment, TeacherUnavailable
from kdcore.experiment import Experiment, teacher_sees_views
from kdcore.metrics import truth
from kdcore.plan import TEACHERS_OWN, Stage

TEACHER = "teacher"


class Oracle(nn.Module):
    """The truth about every image of a dataset: images [N, channels, height, width], as it has them -> logits [N, classes]."""

    points: ClassVar[dict[str, str]] = {}

    def __init__(self, dataset: Dataset) -> None:
        """On the dataset's device.

        Raises:
            TeacherUnavailable: the dataset knows no truth.
        """
        super().__init__()
        keys, logits = [], []
        for split in (dataset.train, dataset.validation, dataset.test):
            if split.truth is None:
                raise TeacherUnavailable(
                    f"Nobody knows the true probabilities of {dataset.title}. Choose a trained teacher."
                )
            keys.append(_keys(split.images))
            logits.append(truth.logits(split.truth))
        self.keys, order = torch.cat(keys).sort()
        self.logits = torch.cat(logits)[order]

    def forward(self, images: Tensor) -> Tensor:
        """The logarithms of the true probabilities of images as the dataset has them.

        Raises:
            InvalidExperiment: an image that is none of the dataset's.
        """
        keys = _keys(images)
        places = torch.searchsorted(self.keys, keys).clamp(max=len(self.keys) - 1)
        if not torch.equal(self.keys[places], keys):
            raise InvalidExperiment(
                "The oracle knows the dataset's own images only, and this method asks it about others. Choose another method or a trained teacher."
            )
        return self.logits[places]


def _keys(images: Tensor) -> Tensor:
    """One number [N] in int64 for each image [N, ...] in float32: sums of its bits, each pixel with a weight of its own."""
    bits = images.detach().float().flatten(1).contiguous().view(torch.int32)
    weights = torch.randint(-(2**62), 2**62, bits.shape[1:], generator=torch.Generator().manual_seed(0))
    weights = weights.to(bits.device)
    # In parts: as 64-bit numbers the pixels take twice their memory. What overflows is lost, the same for equal images.
    parts = [(part.long() * weights).sum(dim=1) for part in bits.split(1024)]
    return torch.cat(parts) if parts else weights[:0]


def refuse_for_oracle(experiment: Experiment, stages: Sequence[Stage]) -> None:
    """Refuse what an oracle cannot do as a teacher: see an image that is not the dataset's, or have features or weights.

    Raises:
        InvalidExperiment: as said.
    """
    if teacher_sees_views(experiment) or experiment.logit_shift:
        raise InvalidExperiment(
            "The oracle knows the truth about the images as they are, not about shifted, mirrored or mixed ones. "
            "Set shift, flip, crop, cutout and mixup to nothing, let it look at images as they are (fixed_logits), or choose a trained "
            "teacher."
        )
    if any(_looks_inside(stage) for stage in stages):
        raise InvalidExperiment(
            f"The method {experiment.method} uses more of its teacher than what it says of an image, and the oracle has nothing "
            "else. Choose a method that learns from responses, or a trained teacher."
        )


def _looks_inside(stage: Stage) -> bool:
    """Whether a stage reads the teacher's features, has its architecture or its weights, or depends on them."""
    return (
        bool(stage.taps.get(TEACHER))
        or TEACHER in stage.fixed
        or TEACHERS_OWN in stage.learns.values()
        or TEACHER in stage.starts_from.values()
        or stage.becomes is not None
        or bool(stage.without_images)
    )
