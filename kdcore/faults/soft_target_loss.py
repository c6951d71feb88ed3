"""The loss of soft targets in parts that a fault may replace one by one, each written as one would write it in PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.faults.contract import Hooks
from kdcore.losses.response import label_cross_entropy
from kdcore.plan import Batch, Objective, Term
from kdcore.texts import N_

METHOD = "soft-targets"
ANOTHER_METHOD = N_("This fault is in the loss of soft targets. Choose that method, or another fault.")


SoftPart = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(student's logits [N, C], teacher's logits [N, C], T) -> the soft part of the loss, a number."""
SoftPartWithLabels = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""The same of student, teacher, T and the labels [N]."""
HardPart = Callable[[Tensor, Tensor], Tensor]
"""(student's logits [N, C], labels [N]) -> the labels' part of the loss."""
Factor = Callable[[Tensor], Tensor]
"""T -> what the soft part is multiplied with."""


def soft_part(student: Tensor, teacher: Tensor, temperature: Tensor) -> Tensor:
    """KL(teacher_T || student_T), summed over classes, averaged over images."""
    log_q = F.log_softmax(student / temperature, dim=1)
    log_p = F.log_softmax(teacher / temperature, dim=1)
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


def t_squared(temperature: Tensor) -> Tensor:
    """T^2."""
    return temperature**2


def soft_targets(
    *,
    soft: SoftPart = soft_part,
    soft_with_labels: SoftPartWithLabels | None = None,
    hard: HardPart | None = None,
    factor: Factor = t_squared,
) -> Objective:
    """(1 - w) hard + w factor(T) soft, with the terms that the sound loss has."""

    def objective(batch: Batch) -> list[Term]:
        student, w = batch.outputs["student"].logits, batch.teacher_weight
        teacher = batch.outputs["teacher"].logits
        labels = (
            label_cross_entropy(student, batch.labels, batch.label_smoothing)
            if hard is None
            else torch.stack([hard(own, batch.labels.index) for own in student])
        )
        pairs = zip(student, batch.temperature, strict=True)
        targets = torch.stack(
            [
                soft(own, teacher, T)
                if soft_with_labels is None
                else soft_with_labels(own, teacher, T, batch.labels.index)
                for own, T in pairs
            ]
        )
        return [
            Term("student", "labels", "labels", labels, 1 - w),
            # A part without any gradient must not make the step fail: the curves are to show it.
            Term(
                "student",
                "soft targets",
                "teacher",
                targets + 0 * student.sum(),
                w * factor(batch.temperature),
            ),
        ]

    return objective


def in_place_of_the_methods(objective: Objective) -> Hooks:
    """The hooks of a loss that takes the place of the method's."""
    return Hooks(student=lambda methods_own: objective)


def only_soft_targets(experiment: Experiment) -> str:
    """Why a fault in this loss cannot be had by an experiment with another; empty where it can."""
    return "" if experiment.method == METHOD else ANOTHER_METHOD


def plain_labels_only(experiment: Experiment) -> str:
    """The same of a fault that reads the labels, which have to be whole and by themselves."""
    recipe = experiment.recipe
    if sentence := only_soft_targets(experiment):
        return sentence
    if recipe.mixup or recipe.label_smoothing or recipe.margin or experiment.hidden_labels:
        return N_("This fault needs plain labels: none hidden or smoothed, no mixup and no margin.")
    return (
        ""
        if experiment.corrected_labels == 1
        else N_("This fault needs labels that the teacher does not correct.")
    )
