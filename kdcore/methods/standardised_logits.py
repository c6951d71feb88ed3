"""Standardised logits: soft targets of logits whose mean and spread are taken away, on both sides."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.losses.logits import standardised_divergence
from kdcore.losses.response import label_cross_entropy, squared
from kdcore.methods.settings import parameters
from kdcore.plan import Batch, Card, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

CARD = Card(
    name="standardised-logits",
    title=N_("Standardised logits"),
    transfers=N_("responses"),
    what=N_(
        "Each image's logits are brought to mean 0 and deviation 1 before the softmax. The student need not reach the "
        "teacher's size of logits, only their relations."
    ),
    formula=r"\mathcal{L} = (1-w)\,\mathrm{CE}(y, z) + w\,g\,T^2\,\mathrm{KL}\big(\mathrm{softmax}(\hat v/T)\,\|\,\mathrm{softmax}(\hat z/T)\big),\quad \hat z = \frac{z - \bar z}{\sigma(z)}",
    symbols={
        "z": N_("the student's logits"),
        r"\hat z": N_("the student's logits at mean 0 and deviation 1 over the classes"),
        r"\bar z": N_("their mean over the classes"),
        r"\sigma": N_("their deviation over the classes"),
        "v": N_("the teacher's logits"),
        "y": N_("the label"),
        "T": N_("the temperature; the paper's is 2"),
        "w": N_("the weight on teacher"),
        "g": N_("the gain on the standardised term"),
    },
    citation="Sun, Ren, Li, Wang and Cao 2024, Logit standardization in knowledge distillation, algorithms 1 and 2",
    cost=N_("As soft targets."),
    hurts=N_(
        "A teacher that is unsure looks as sure as any other: how sure it was is taken away with the spread."
    ),
    uses=("temperature", "teacher_weight"),
    parameters=(
        Parameter(
            "gain",
            10.0,
            0.1,
            100.0,
            N_("Factor on the standardised term, whose divergences are small."),
            "Sun et al. 2024: 9 beside 0.1 on the labels, which is w = 0.9 times 10",
        ),
    ),
    views=("curve",),
    uncalibrated=N_(
        "the teacher's term sees standardised logits, so that only the labels' share of the loss says how large they should be."
    ),
)


def plain_loss(
    student: Tensor, teacher: Tensor, hard: Tensor, temperature: float, weight: float, gain: float
) -> Tensor:
    """(1 - w) CE + w g T^2 KL, both networks' logits with mean 0 and deviation 1 over an image's classes."""
    z, v = (
        (x - x.mean(dim=1, keepdim=True)) / x.std(dim=1, keepdim=True).clamp(min=0.01)
        for x in (student, teacher)
    )
    log_q, log_p = F.log_softmax(z / temperature, dim=1), F.log_softmax(v / temperature, dim=1)
    soft = F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    return (1 - weight) * hard + weight * gain * temperature**2 * soft


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: the teacher answers, the student learns."""
    gain = parameters(experiment)["gain"]

    def objective(batch: Batch) -> Sequence[Term]:
        """(1-w) CE + w g T^2 KL of the standardised logits."""
        student = batch.outputs["student"].logits
        hard = label_cross_entropy(student, batch.labels, batch.label_smoothing)
        soft = standardised_divergence(student, batch.outputs["teacher"].logits, batch.temperature)
        scale = gain * batch.teacher_weight * squared(batch.temperature)
        return [
            Term("student", "labels", "labels", hard, 1 - batch.teacher_weight),
            Term("student", "standardised targets", "teacher", soft, scale),
        ]

    return [
        Stage(
            "standardised",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            refuses=two_classes,
        )
    ]


def two_classes(shapes: Shapes) -> str:
    """Of two standardised logits only the order is left, which has no gradient."""
    if shapes["student"]["logits"][0] > 2:
        return ""
    return N_(
        "Two standardised logits say only which one is larger, and nothing can be learned from that. Choose a data set with "
        "three classes or more, or another method."
    )
