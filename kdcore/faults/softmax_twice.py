"""Softmax before cross-entropy: the labels are compared with probabilities of probabilities."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.faults.soft_target_loss import in_place_of_the_methods, plain_labels_only, soft_targets
from kdcore.texts import N_

CARD = FaultCard(
    name="softmax-twice",
    title=N_("Softmax before cross-entropy"),
    wrong=N_(
        "F.cross_entropy takes logits and is given probabilities: the softmax acts twice. What comes out is never far "
        "from even, so that the loss cannot fall and its gradient is weak."
    ),
    shows=N_("With ten classes the labels' loss stays above 1.46 however right the student is."),
    met=N_(
        "Asked for in haitongli/knowledge-distillation-pytorch, issue 10; the Keras example on distillation took the "
        "student's loss with from_logits at its default."
    ),
    mend="hard = F.cross_entropy(student, labels)",
    caught_by=N_("The loss of an answer that is right and sure is 0."),
    hook="student",
)


def sound(student: Tensor, labels: Tensor) -> Tensor:
    """The labels' part of the loss: logits [N, C], labels [N] -> a number."""
    return F.cross_entropy(student, labels)


def faulty(student: Tensor, labels: Tensor) -> Tensor:
    """The labels' part of the loss: logits [N, C], labels [N] -> a number."""
    return F.cross_entropy(F.softmax(student, dim=1), labels)


def invariant(hard: Version) -> bool:
    """Sure and right costs nothing."""
    return bool(hard(100.0 * torch.eye(10), torch.arange(10)) < 1e-6)


def hooks(version: Version) -> Hooks:
    """The labels' part of the student's loss."""
    return in_place_of_the_methods(soft_targets(hard=version))


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Only soft targets have this loss, and its labels have to be plain."""
    return plain_labels_only(experiment)
