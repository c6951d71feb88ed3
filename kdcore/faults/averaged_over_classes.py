"""KL averaged over classes too: the soft part is as many times too small as there are classes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.faults.soft_target_loss import in_place_of_the_methods, only_soft_targets, soft_targets
from kdcore.texts import N_

CARD = FaultCard(
    name="averaged-over-classes",
    title=N_("KL averaged over classes too"),
    wrong=N_(
        "The divergence is averaged over images and classes, the default of nn.KLDivLoss, where it should be summed over "
        "classes. With ten classes the soft part is ten times too small, with a hundred a hundred times."
    ),
    shows=N_(
        "The soft loss and the gradient from the teacher are a tenth of what they should be, at every temperature."
    ),
    met=N_(
        "nn.KLDivLoss() with its default in haitongli/knowledge-distillation-pytorch, TAKD and Teacher-free-KD; asked "
        "about in the first one's issues 2 and 48."
    ),
    mend='F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)',
    caught_by=N_("One more class that neither network believes in changes nothing."),
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
    log_p = F.log_softmax(teacher / temperature, dim=1)
    return F.kl_div(log_q, log_p, reduction="none", log_target=True).mean()


def invariant(soft: Version) -> bool:
    """A further class at a probability of nearly zero leaves the loss as it is."""
    student, teacher = torch.randn(2, 8, 10, generator=torch.Generator().manual_seed(0))
    further = torch.full((8, 1), -80.0)
    more = [torch.cat([logits, further], dim=1) for logits in (student, teacher)]
    temperature = torch.tensor(1.0)
    return torch.allclose(soft(student, teacher, temperature), soft(*more, temperature))


def hooks(version: Version) -> Hooks:
    """The soft part of the student's loss."""
    return in_place_of_the_methods(soft_targets(soft=version))


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Only soft targets have this loss."""
    return only_soft_targets(experiment)
