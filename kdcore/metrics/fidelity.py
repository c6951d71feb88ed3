"""How truly a student follows its teacher, and what share of the gap it closes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from kdcore.metrics.agreement import kl_of_images
from kdcore.metrics.dark_knowledge import class_means


@dataclass(frozen=True)
class Fidelity:
    """How truly a student follows a teacher (Stanton, Izmailov, Kirichenko, Alemi and Wilson 2021, section 3).

    agreement: share of images with the same answer. kl, kl_at_temperature: mean KL(teacher || student) at T = 1 and
    at T, in nats, not multiplied by T^2. class_agreement, class_kl_at_temperature: the same over each label's images,
    float64 [C], NaN without images. disagreements: the images with different answers, largest KL at T = 1 first,
    int64 [m].
    """

    agreement: float
    kl: float
    kl_at_temperature: float
    class_agreement: Tensor
    class_kl_at_temperature: Tensor
    disagreements: Tensor


def fidelity(student: Tensor, teacher: Tensor, labels: Tensor, T: float) -> Fidelity:  # noqa: N803
    """Compare a student's logits [n, C] with a teacher's on the same images, of labels [n]."""
    classes = teacher.shape[1]
    same = (student.argmax(dim=1) == teacher.argmax(dim=1)).cpu().double()
    kl, kl_at_temperature = kl_of_images(student, teacher), kl_of_images(student, teacher, T)
    apart = kl.argsort(descending=True, stable=True)
    return Fidelity(
        agreement=float(same.mean()),
        kl=float(kl.mean()),
        kl_at_temperature=float(kl_at_temperature.mean()),
        class_agreement=class_means(same, labels, classes),
        class_kl_at_temperature=class_means(kl_at_temperature, labels, classes),
        disagreements=apart[same[apart] == 0],
    )


def gap_closed(teacher_errors: float, twin_errors: float, student_errors: float) -> float | None:
    """Share of the gap between twin and teacher that the student closes: 1 is the teacher's level, below 0 is worse.

    None where the twin makes no more errors than the teacher: there is no gap.
    """
    gap = twin_errors - teacher_errors
    return (twin_errors - student_errors) / gap if gap > 0 else None
