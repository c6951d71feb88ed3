"""Student times teacher's softmax, fed to cross-entropy: the teacher scales the student's logits in place of teaching it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.faults.soft_target_loss import in_place_of_the_methods, plain_labels_only, soft_targets
from kdcore.texts import N_

CARD = FaultCard(
    name="product-of-networks",
    title=N_("Student times teacher's softmax"),
    wrong=N_(
        "The student's logits are multiplied by the teacher's probabilities, and the cross-entropy of that with the "
        "labels is called the soft loss. The student is not told what the teacher thinks: where the teacher gives a class "
        "little, the student's logit for it hardly counts."
    ),
    shows=N_(
        "The student is told of the label alone, through the teacher's scale: no second answers are learned, and its test "
        "NLL is far above the twin's."
    ),
    met=N_("A common mistake of whoever writes the loss from its name, without a source that we could find."),
    mend='soft = F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)',
    caught_by=N_(
        "A student that says what the teacher says has nothing left to learn from it: at z = v the gradient is 0."
    ),
    hook="student",
)


def sound(student: Tensor, teacher: Tensor, temperature: Tensor, labels: Tensor) -> Tensor:
    """The soft part of the loss: logits [N, C], labels [N] -> a number."""
    log_q = F.log_softmax(student / temperature, dim=1)
    log_p = F.log_softmax(teacher / temperature, dim=1)
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


def faulty(student: Tensor, teacher: Tensor, temperature: Tensor, labels: Tensor) -> Tensor:
    """The soft part of the loss: logits [N, C], labels [N] -> a number."""
    return F.cross_entropy(student * F.softmax(teacher / temperature, dim=1), labels)


def invariant(soft: Version) -> bool:
    """The gradient at the teacher's own logits is 0."""
    z = torch.randn(8, 10, generator=torch.Generator().manual_seed(0)).requires_grad_()
    [gradient] = torch.autograd.grad(soft(z, z.detach(), torch.tensor(4.0), z.argmax(dim=1)), [z])
    return bool(gradient.abs().max() < 1e-6)


def hooks(version: Version) -> Hooks:
    """The soft part of the student's loss, which sees the labels."""
    return in_place_of_the_methods(soft_targets(soft_with_labels=version))


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Only soft targets have this loss, and its labels have to be plain."""
    return plain_labels_only(experiment)
