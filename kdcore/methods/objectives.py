"""Objectives that several methods share: the labels alone, and the labels with a teacher's soft targets."""

from __future__ import annotations

from kdcore.losses.response import label_cross_entropy, soft_target_divergence, squared
from kdcore.plan import Batch, Term


def labels_alone(batch: Batch, network: str = "student") -> list[Term]:
    """Cross-entropy with the labels, one term [K] for the network of that name."""
    logits = batch.outputs[network].logits
    return [
        Term(network, "labels", "labels", label_cross_entropy(logits, batch.labels, batch.label_smoothing))
    ]


def soft_targets_and_labels(batch: Batch, student: str = "student", teacher: str = "teacher") -> list[Term]:
    """(1-w) CE + w T^2 KL(teacher_T || student_T), two terms [K].

    Hinton, Vinyals and Dean 2015, Distilling the knowledge in a neural network, section 2; the T^2 of section 2.1.
    """
    logits = batch.outputs[student].logits
    hard = label_cross_entropy(logits, batch.labels, batch.label_smoothing)
    soft = soft_target_divergence(logits, batch.outputs[teacher].logits, batch.temperature)
    return [
        Term(student, "labels", "labels", hard, 1 - batch.teacher_weight),
        Term(student, "soft targets", "teacher", soft, batch.teacher_weight * squared(batch.temperature)),
    ]
