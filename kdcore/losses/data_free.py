"""Losses for a generator that makes a transfer set out of what a teacher knows, without any image of its training.

The generator's gradient has to pass through the teacher's logits to the images: these losses cut nothing off. The
teacher's weights stay as they are because the loop gives them no gradient.
"""

from __future__ import annotations

import math

from torch import Tensor

from kdcore.losses.response import log_probabilities


def doubt(teacher: Tensor) -> Tensor:
    """Cross-entropy of the teacher's answers with their own largest class in nats: small where it is sure.

    teacher: logits [K, N, C]. Returns [K], a mean over images. Source: Chen et al. 2019, section 3 (one-hot loss).
    """
    return -log_probabilities(teacher).max(dim=-1).values.mean(dim=-1)


def unevenness(teacher: Tensor) -> Tensor:
    """How far the batch's mean answer is from all classes alike, in nats: log C minus its entropy, 0 to log C.

    teacher: logits [K, N, C]. Returns [K]. Source: Chen et al. 2019, section 3 (information entropy loss), there without
    the constant log C, whose gradient is 0.
    """
    mean = log_probabilities(teacher).logsumexp(dim=-2) - math.log(teacher.shape[-2])
    return math.log(teacher.shape[-1]) + (mean.exp() * mean).sum(dim=-1)


def disagreement(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean absolute difference of the logits, each image's mean taken off, over images and classes.

    student and teacher: [K, N, C]. Returns [K]. The student makes it small, the generator large. Source: Fang et al. 2019
    (model discrepancy); there the logits as they are, here without the constant that no softmax sees.
    """
    centred = [logits - logits.mean(dim=-1, keepdim=True) for logits in (student, teacher)]
    return (centred[0] - centred[1]).abs().mean(dim=(-2, -1))
