"""The game between a student and a discriminator of answers: who was it, the teacher or the student?"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def tell_apart(teacher: Tensor, student: Tensor) -> Tensor:
    """The discriminator's loss in nats: -mean log D(teacher) - mean log(1 - D(student)), halved.

    teacher and student: [K, N], the discriminator's logits that an answer is the teacher's. Returns [K]; log 2 where it
    cannot tell. Source: Goodfellow et al. 2014, equation 1, as a loss; halved so that it is one cross-entropy.
    """
    return (F.softplus(-teacher).mean(dim=-1) + F.softplus(student).mean(dim=-1)) / 2


def pass_for_teacher(student: Tensor) -> Tensor:
    """The student's loss in nats: -mean log D(student). student: [K, N], the discriminator's logits. Returns [K].

    The form that does not saturate while the discriminator still wins (Goodfellow et al. 2014, section 3).
    """
    return F.softplus(-student).mean(dim=-1)
