"""T squared left out: the soft part of the loss fades as the temperature rises."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kdcore.experiment import Experiment
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.faults.soft_target_loss import in_place_of_the_methods, only_soft_targets, soft_part, soft_targets
from kdcore.texts import N_

CARD = FaultCard(
    name="t-squared-left-out",
    title=N_("T² left out"),
    wrong=N_(
        "The soft part of the loss is not multiplied by T². Its gradient shrinks as 1/T², so that a higher T hands the student "
        "over to the labels, whatever the weight on teacher says."
    ),
    shows=N_("The gradient from the teacher is about T² times too small: at T = 4 a sixteenth."),
    met=N_(
        "The first version of the Keras example on distillation (keras-io, pull request 870); torchdistill's KDLoss where alpha is "
        "0 or None."
    ),
    mend="loss = (1 - w) * hard + w * T**2 * soft",
    caught_by=N_(
        "At high temperatures the gradient of the soft part no longer depends on T (Hinton et al. 2015, section 2.1)."
    ),
    hook="student",
)


def sound(temperature: Tensor) -> Tensor:
    """What the soft part is multiplied with."""
    return temperature**2


def faulty(temperature: Tensor) -> Tensor:
    """What the soft part is multiplied with."""
    return torch.ones_like(temperature)


def invariant(factor: Version) -> bool:
    """The gradient at T = 50 is that at T = 100."""
    student, teacher = torch.randn(2, 8, 10, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def gradient(temperature: Tensor) -> Tensor:
        z = student.clone().requires_grad_()
        loss = factor(temperature) * soft_part(z, teacher, temperature)
        [of_z] = torch.autograd.grad(loss, [z])
        return of_z

    low, high = (gradient(torch.tensor(T, dtype=torch.float64)) for T in (50.0, 100.0))
    return bool((low - high).norm() < 0.1 * high.norm())


def hooks(version: Version) -> Hooks:
    """The factor of the student's soft part."""
    return in_place_of_the_methods(soft_targets(factor=version))


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Only soft targets have this loss."""
    return only_soft_targets(experiment)
