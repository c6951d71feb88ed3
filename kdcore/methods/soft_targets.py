"""Soft targets: the student learns from the labels and from the teacher's softened probabilities."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.methods.objectives import soft_targets_and_labels
from kdcore.plan import Card, Stage
from kdcore.texts import N_

CARD = Card(
    name="soft-targets",
    title=N_("Soft targets"),
    transfers=N_("responses"),
    what=N_(
        "The student matches the teacher's whole distribution at temperature T, beside the labels at T = 1."
    ),
    formula=r"\mathcal{L} = (1-w)\,\mathrm{CE}(y, z) + w\,T^2\,\mathrm{KL}\big(\mathrm{softmax}(v/T)\,\|\,\mathrm{softmax}(z/T)\big)",
    symbols={
        "z": N_("the student's logits"),
        "v": N_("the teacher's logits"),
        "y": N_("the label"),
        "T": N_("the temperature"),
        "w": N_("the weight on teacher"),
    },
    citation="Hinton, Vinyals and Dean 2015, Distilling the knowledge in a neural network, section 2",
    cost=N_(
        "The teacher's logits: one forward pass over the transfer set, or one a step under augmentation."
    ),
    hurts=N_("A student too small for the teacher's detail, or so many labels that it lacks nothing."),
    uses=("temperature", "teacher_weight"),
    views=("curve", "histogram"),
)


def plain_loss(student: Tensor, teacher: Tensor, hard: Tensor, temperature: float, weight: float) -> Tensor:
    """(1 - w) CE + w T^2 KL(teacher_T || student_T), with the T^2 of Hinton et al. 2015, section 2.1."""
    log_q = F.log_softmax(student / temperature, dim=1)
    log_p = F.log_softmax(teacher / temperature, dim=1)
    soft = F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    return (1 - weight) * hard + weight * temperature**2 * soft


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: the teacher answers, the student learns."""
    return [
        Stage("soft targets", {"student": experiment.student}, soft_targets_and_labels, frozen=("teacher",))
    ]
