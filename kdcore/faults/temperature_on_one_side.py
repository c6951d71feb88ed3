"""T on one side only: the student's plain probabilities are to match the teacher's softened ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.faults.soft_target_loss import in_place_of_the_methods, only_soft_targets, soft_targets
from kdcore.texts import N_

CARD = FaultCard(
    name="temperature-on-one-side",
    title=N_("T on one side only"),
    wrong=N_(
        "The teacher's logits are divided by T and the student's are not. The student learns to give the softened "
        "probabilities as its own, at T = 1."
    ),
    shows=N_(
        "The student never gets sure: on test images its NLL lies above its twin's, and the temperature that is fitted "
        "afterwards lies far below 1."
    ),
    met=N_(
        "TinyBERT's paper has T on one side in its formula, which its authors call a typo: huawei-noah/Pretrained-"
        "Language-Model, issue 11. In code it is a common mistake without a source that we could find."
    ),
    mend="log_q = F.log_softmax(student / temperature, dim=1)",
    caught_by=N_("Of equal logits the loss is 0 at any temperature: KD(z, z) = 0."),
    hook="student",
)


def sound(student: Tensor, teacher: Tensor, temperature: Tensor) -> Tensor:
    """The soft part of the loss: logits [N, C] -> a number."""
    log_q = F.log_softmax(student / temperature, dim=1)
    log_p = F.log_softmax(teacher / temperature, dim=1)
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


def faulty(student: Tensor, teacher: Tensor, temperature: Tensor) -> Tensor:
    """The soft part of the loss: logits [N, C] -> a number."""
    log_q = F.log_softmax(student, dim=1)
    log_p = F.log_softmax(teacher / temperature, dim=1)
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


def invariant(soft: Version) -> bool:
    """KD(z, z) = 0."""
    z = torch.randn(8, 10, generator=torch.Generator().manual_seed(0))
    return all(abs(float(soft(z, z, torch.tensor(T)))) < 1e-6 for T in (1.0, 4.0, 20.0))


def hooks(version: Version) -> Hooks:
    """The soft part of the student's loss."""
    return in_place_of_the_methods(soft_targets(soft=version))


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Only soft targets have this loss."""
    return only_soft_targets(experiment)
