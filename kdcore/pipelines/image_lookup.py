"""A teacher that looks its answers up: it recognises an image by its pixels, and knows no other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment, teacher_sees_views
from kdcore.plan import TEACHERS_OWN, Stage
from kdcore.texts import N_

TEACHER = "teacher"


class ImageLookup(nn.Module):
    """Images [N, channels, height, width], as the dataset has them -> logits [N, classes]."""

    points: ClassVar[dict[str, str]] = {}
    unknown_image = N_(
        "This teacher knows the dataset's own images only, and this method asks it about others. Choose another method or a trained teacher."
    )

    def __init__(self, images: Sequence[Tensor], logits: Sequence[Tensor]) -> None:
        """`images` and their `logits`, part by part, on one device. Of two equal images the first one's answer counts."""
        super().__init__()
        keys, order = torch.cat([_keys(part) for part in images]).sort(stable=True)
        self.keys, self.logits = keys, torch.cat([*logits])[order]

    def forward(self, images: Tensor) -> Tensor:
        """What is known of images as the dataset has them.

        Raises:
            InvalidExperiment: an image that is none of the dataset's, or a gradient with respect to it.
        """
        keys = _keys(images)
        places = torch.searchsorted(self.keys, keys).clamp(max=len(self.keys) - 1)
        known = torch.equal(self.keys[places], keys)
        if not known or (images.requires_grad and torch.is_grad_enabled()):
            raise InvalidExperiment(self.unknown_image)
        return self.logits[places]


def _keys(images: Tensor) -> Tensor:
    """One number [N] in int64 for each image [N, ...] in float32: sums of its bits, each pixel with a weight of its own."""
    bits = images.detach().float().flatten(1).contiguous().view(torch.int32)
    weights = torch.randint(-(2**62), 2**62, bits.shape[1:], generator=torch.Generator().manual_seed(0))
    weights = weights.to(bits.device)
    # In parts: as 64-bit numbers the pixels take twice their memory. What overflows is lost, the same for equal images.
    parts = [(part.long() * weights).sum(dim=1) for part in bits.split(1024)]
    return torch.cat(parts) if parts else weights[:0]


def refuse_views(experiment: Experiment, sentence: str) -> None:
    """Refuse a teacher that would look at images which are not the dataset's.

    Raises:
        InvalidExperiment: as said, in this sentence.
    """
    if teacher_sees_views(experiment) or experiment.logit_shift:
        raise InvalidExperiment(sentence)


def refuse_looking_inside(stages: Sequence[Stage], sentence: str) -> None:
    """Refuse methods that use more of their teacher than what it says of an image.

    Raises:
        InvalidExperiment: as said, in this sentence.
    """
    if any(_looks_inside(stage) for stage in stages):
        raise InvalidExperiment(sentence)


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
