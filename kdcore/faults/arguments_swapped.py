"""Teacher and student swapped: the loss pulls at the network that does not learn."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.faults.soft_target_loss import in_place_of_the_methods, only_soft_targets, soft_targets
from kdcore.texts import N_

CARD = FaultCard(
    name="arguments-swapped",
    title=N_("Teacher and student swapped"),
    wrong=N_(
        "The loss takes the student first and gives its second argument no gradient. Called the other way round it leaves "
        "the student alone and pulls at the teacher, which does not learn."
    ),
    shows=N_(
        "The soft loss has a value and may even fall, since the labels teach the student too, but no gradient comes from "
        "the teacher."
    ),
    met=N_(
        "A common mistake without a source that we could find. Of the losses in RepDistiller and mdistiller many have the "
        "same value with swapped arguments, so that only the gradient shows it: seen by running them."
    ),
    mend="soft = divergence(student, teacher, temperature)",
    caught_by=N_("The gradient of the loss reaches the student."),
    hook="student",
)


def divergence(learner: Tensor, target: Tensor, temperature: Tensor) -> Tensor:
    """KL(target_T || learner_T), which sends no gradient to the target."""
    log_q = F.log_softmax(learner / temperature, dim=1)
    log_p = F.log_softmax(target.detach() / temperature, dim=1)
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


def sound(student: Tensor, teacher: Tensor, temperature: Tensor) -> Tensor:
    """The soft part of the loss: logits [N, C] -> a number."""
    return divergence(student, teacher, temperature)


def faulty(student: Tensor, teacher: Tensor, temperature: Tensor) -> Tensor:
    """The soft part of the loss: logits [N, C] -> a number."""
    return divergence(teacher, student, temperature)


def invariant(soft: Version) -> bool:
    """The student's logits get a gradient."""
    student, teacher = torch.randn(2, 8, 10, generator=torch.Generator().manual_seed(0))
    return bool(soft(student.requires_grad_(), teacher, torch.tensor(4.0)).requires_grad)


def hooks(version: Version) -> Hooks:
    """The soft part of the student's loss."""
    return in_place_of_the_methods(soft_targets(soft=version))


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Only soft targets have this loss."""
    return only_soft_targets(experiment)
