"""Log of softmax: a probability that is too small for a float has no logarithm."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.faults.soft_target_loss import in_place_of_the_methods, only_soft_targets, soft_targets
from kdcore.texts import N_

CARD = FaultCard(
    name="log-of-softmax",
    title=N_("Log of softmax"),
    wrong=N_(
        "The logarithm is taken of probabilities that were computed first. At a low temperature the smallest of them are "
        "0 to the machine and their logarithm is minus infinity: the loss becomes infinite or NaN."
    ),
    shows=N_(
        "At T = 4 nothing is to be seen. At the lowest T the run ends early, since a loss is no number any more."
    ),
    met=N_(
        "mdistiller, issue 60, and CTKD, issues 9 and 10: NaN from the logarithm of a softmax, where users add 1e-10."
    ),
    mend="log_q = F.log_softmax(student / temperature, dim=1)",
    caught_by=N_("The loss and its gradient are finite for any finite logits."),
    hook="student",
)


def sound(student: Tensor, teacher: Tensor, temperature: Tensor) -> Tensor:
    """The soft part of the loss: logits [N, C] -> a number."""
    log_q = F.log_softmax(student / temperature, dim=1)
    log_p = F.log_softmax(teacher / temperature, dim=1)
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


def faulty(student: Tensor, teacher: Tensor, temperature: Tensor) -> Tensor:
    """The soft part of the loss: logits [N, C] -> a number."""
    log_q = torch.log(F.softmax(student / temperature, dim=1))
    log_p = torch.log(F.softmax(teacher / temperature, dim=1))
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


def invariant(soft: Version) -> bool:
    """Finite where the largest logit leads by 100 and T is 0.25."""
    student = torch.tensor([[100.0, 0.0, 0.0]], requires_grad=True)
    teacher = torch.tensor([[0.0, 100.0, 0.0]])
    loss = soft(student, teacher, torch.tensor(0.25))
    [gradient] = torch.autograd.grad(loss, [student])
    return bool(loss.isfinite()) and bool(gradient.isfinite().all())


def hooks(version: Version) -> Hooks:
    """The soft part of the student's loss."""
    return in_place_of_the_methods(soft_targets(soft=version))


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Only soft targets have this loss."""
    return only_soft_targets(experiment)
