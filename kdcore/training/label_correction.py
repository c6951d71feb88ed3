"""Labels corrected by the teacher: where it is sure of another class, its answer takes the label's place."""

from __future__ import annotations

from torch import Tensor

CORRECTED = "labels corrected by the teacher"
"""Their name among a stage's notes."""


def corrected_labels(labels: Tensor, teacher: Tensor, confidence: float) -> tuple[Tensor, float]:
    """The labels [n] with the teacher's answers where its largest probability is above `confidence`; the share changed.

    teacher: its logits [n, C]. The probability is the softmax at T = 1.
    """
    surest, answers = teacher.softmax(dim=1).max(dim=1)
    new = answers.where(surest > confidence, labels)
    return new, float((new != labels).float().mean())
