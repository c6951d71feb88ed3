"""Student's logits on both sides: the loss compares the student with itself."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.faults.soft_target_loss import in_place_of_the_methods, only_soft_targets, soft_targets
from kdcore.texts import N_

CARD = FaultCard(
    name="student-on-both-sides",
    title=N_("Student's logits on both sides"),
    wrong=N_(
        "A slip of names puts the student's logits where the teacher's belong. The soft part compares the student with "
        "itself: it is 0 and teaches nothing."
    ),
    shows=N_(
        "The soft loss is 0 from the first step on and no gradient comes from the teacher: the student learns from the "
        "labels alone, with the small weight that is left to them."
    ),
    met=N_(
        "labmlai/annotated_deep_learning_paper_implementations, issue 66: there it was the teacher's logits on both "
        "sides, after a refactoring."
    ),
    mend="log_p = F.log_softmax(teacher / temperature, dim=1)",
    caught_by=N_("Of a student and a teacher that differ the loss is not 0."),
    hook="student",
)


def sound(student: Tensor, teacher: Tensor, temperature: Tensor) -> Tensor:
    """The soft part of the loss: logits [N, C] -> a number."""
    log_q = F.log_softmax(student / temperature, dim=1)
    log_p = F.log_softmax(teacher / temperature, dim=1)
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


def faulty(student: Tensor, teacher: Tensor, temperature: Tensor) -> Tensor:
    """The soft part of the loss: logits [N, C] -> a number."""
    log_q = F.log_softmax(student / temperature, dim=1)
    log_p = F.log_softmax(student / temperature, dim=1)
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


def invariant(soft: Version) -> bool:
    """Networks that differ are told apart."""
    student, teacher = torch.randn(2, 8, 10, generator=torch.Generator().manual_seed(0))
    return float(soft(student, teacher, torch.tensor(4.0))) > 1e-3


def hooks(version: Version) -> Hooks:
    """The soft part of the student's loss."""
    return in_place_of_the_methods(soft_targets(soft=version))


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Only soft targets have this loss."""
    return only_soft_targets(experiment)
