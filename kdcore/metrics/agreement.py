"""How much two networks agree on the same images: shared answers and KL divergence."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def agreement(a: Tensor, b: Tensor) -> float:
    """Share of images, 0 to 1, for which two networks name the same class. a, b: logits [n, C]."""
    return float((a.argmax(dim=1) == b.argmax(dim=1)).cpu().double().mean())


def kl_of_images(student: Tensor, teacher: Tensor, T: float = 1.0) -> Tensor:  # noqa: N803 - the literature's name
    """KL(teacher || student) of each image at temperature T, in nats, float64 [n]. student, teacher: logits [n, C]."""
    said = (student.cpu().double() / T).log_softmax(dim=1)
    target = (teacher.cpu().double() / T).log_softmax(dim=1)
    return F.kl_div(said, target, reduction="none", log_target=True).sum(dim=1).clamp(min=0.0)


def kl_to_teacher(student: Tensor, teacher: Tensor, T: float = 1.0) -> float:  # noqa: N803
    """Mean KL(teacher || student) at temperature T, in nats, not multiplied by T^2. student, teacher: logits [n, C]."""
    return float(kl_of_images(student, teacher, T).mean())
