"""KL the wrong way round: the student is asked to be sure where the teacher is, and is free elsewhere."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.faults.soft_target_loss import in_place_of_the_methods, only_soft_targets, soft_targets
from kdcore.texts import N_

CARD = FaultCard(
    name="kl-reversed",
    title=N_("KL the wrong way round"),
    wrong=N_(
        "KL(student || teacher) stands in place of KL(teacher || student): the student's own probabilities weigh the "
        "classes. It may leave out what the teacher finds possible, and pays for what the teacher does not."
    ),
    shows=N_(
        "The soft loss differs from the sound one from the first step on, before anything is learned; the student ends "
        "further from the teacher in KL(teacher || student), though on easy images both end well."
    ),
    met=N_(
        "paiml/aprender, pull request 2153, mends it; warned of in trl, pull request 4935. F.kl_div takes its arguments "
        "the other way round than KL(p || q) is written."
    ),
    mend='F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)',
    caught_by=N_(
        "The gradient is that of the cross-entropy with the teacher's soft targets: the two differ by the teacher's "
        "entropy alone."
    ),
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
    return F.kl_div(log_p, log_q, reduction="batchmean", log_target=True)


def invariant(soft: Version) -> bool:
    """Its gradient is that of the soft cross-entropy."""
    student, teacher = torch.randn(2, 8, 10, generator=torch.Generator().manual_seed(0))
    z = student.requires_grad_()
    [of_loss] = torch.autograd.grad(soft(z, teacher, torch.tensor(4.0)), [z])
    [of_cross_entropy] = torch.autograd.grad(F.cross_entropy(z / 4, (teacher / 4).softmax(dim=1)), [z])
    return torch.allclose(of_loss, of_cross_entropy, atol=1e-6)


def hooks(version: Version) -> Hooks:
    """The soft part of the student's loss."""
    return in_place_of_the_methods(soft_targets(soft=version))


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Only soft targets have this loss."""
    return only_soft_targets(experiment)
