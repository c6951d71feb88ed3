"""Labels corrected by the teacher: where it is confident of another class, that class replaces the label."""

from __future__ import annotations

from torch import Tensor

from kdcore.texts import N_

CORRECTED = N_("labels corrected by the teacher")
"""The name of the corrected labels among a stage's notes."""


def corrected_labels(labels: Tensor, teacher: Tensor, confidence: float) -> tuple[Tensor, float]:
    """The labels [n] as the teacher corrects them, and the share of them that changed.

    A label is replaced by the teacher's most probable class where its softmax at T = 1 is above `confidence`. teacher: its
    logits [n, C].
    """
    probability, predicted = teacher.softmax(dim=1).max(dim=1)
    corrected = predicted.where(probability > confidence, labels)
    return corrected, float((corrected != labels).float().mean())
