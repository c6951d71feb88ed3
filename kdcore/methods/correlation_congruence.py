"""Correlation congruence: a kernel's view of how the images of a batch relate is passed on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.losses.relation import correlation_difference, correlations
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import chosen, parameters
from kdcore.plan import Batch, Card, Output, Parameter, Stage, Term
from kdcore.texts import N_

POINTS = ("early", "middle", "last", "penultimate")

CARD = Card(
    name="correlation-congruence",
    title=N_("Correlation congruence (CC)"),
    transfers=N_("relations"),
    what=N_(
        "A Gaussian kernel says how every two images of a batch are related, by the angle between their features; the "
        "student's matrix follows the teacher's. It stresses near images over far ones."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + c\,\frac{1}{N^2} \big\lVert K(s) - K(t) \big\rVert_F^2,\quad K(s)_{ij} = e^{-2\gamma} \sum_{p=0}^{P} \frac{(2\gamma)^p}{p!} \cos(s_i, s_j)^p",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "s": N_("the student's features of the batch, one row per image"),
        "t": N_("the teacher's features of the batch, one row per image"),
        "K": N_("the kernel of every two images"),
        "N": N_("how many images there are in the batch"),
        r"\lVert\cdot\rVert_F": N_("the root of the sum of all squared entries"),
        r"\gamma": N_("how narrow the kernel is"),
        "e": N_("Euler's number"),
        "p": N_("the power of a term of the series"),
        "P": N_("the highest power"),
        "c": N_("the weight on congruence"),
    },
    citation="Peng et al. 2019, Correlation congruence for knowledge distillation, section 3",
    cost=N_("The teacher runs at every step for its features; one small matrix product for each network."),
    hurts=N_("Small batches, and batches whose images are all of different classes, have little to relate."),
    parameters=(
        Parameter(
            "congruence_weight",
            100.0,
            0.0,
            10000.0,
            N_("Weight on congruence."),
            "Knowledge-Distillation-Zoo, for this form; 0.02 belongs to another",
        ),
        Parameter(
            "gamma", 0.4, 0.01, 5.0, N_("How narrow the kernel is."), "Knowledge-Distillation-Zoo's default"
        ),
        Parameter(
            "powers",
            1,
            0,
            4,
            N_("The highest power in the kernel's series."),
            "2: Knowledge-Distillation-Zoo's default",
            choices=("1", "2", "3", "4", "5"),
        ),
        Parameter(
            "point",
            3,
            0,
            3,
            N_("Where the features are taken. Perceptrons have penultimate ones."),
            "Knowledge-Distillation-Zoo: the features before the last layer",
            choices=POINTS,
        ),
    ),
    views=("curve", "matrix"),
)


def plain_kernel(features: Tensor, gamma: float, powers: int) -> Tensor:
    """A Gaussian kernel of every two images of the batch, by its series in their cosine: [N, ...] -> [N, N]."""
    rows = F.normalize(features.flatten(1), dim=1)
    terms = [(2 * gamma) ** p / math.factorial(p) * (rows @ rows.T) ** p for p in range(powers + 1)]
    return math.exp(-2 * gamma) * torch.stack(terms).sum(0)


def plain_loss(
    hard: Tensor,
    features: dict[str, Tensor],
    teacher_features: dict[str, Tensor],
    point: str,
    congruence_weight: float,
    gamma: float,
    powers: str,
) -> Tensor:
    """CE + c times the squared difference of the kernels, the mean over all pairs of images."""
    ours, theirs = (plain_kernel(f[point], gamma, int(powers)) for f in (features, teacher_features))
    return hard + congruence_weight * F.mse_loss(ours, theirs)


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: labels and correlations together."""
    settings, point = parameters(experiment), chosen(experiment, "point")
    gamma, powers = settings["gamma"], int(chosen(experiment, "powers"))

    def objective(batch: Batch) -> Sequence[Term]:
        """CE with the labels, and the difference of the kernels."""
        student, teacher = batch.outputs["student"], batch.outputs["teacher"]
        hard = label_cross_entropy(student.logits, batch.labels, batch.label_smoothing)
        difference = correlation_difference(student.features[point], teacher.features[point], gamma, powers)
        return [
            Term("student", "labels", "labels", hard),
            Term("student", "congruence", "teacher", difference, settings["congruence_weight"]),
        ]

    def matrix(said: Output) -> Tensor:
        """The kernel of every two images: [P, P]."""
        return correlations(said.features[point].flatten(1).float(), gamma, powers)

    return [
        Stage(
            "congruence",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            taps={"student": (point,), "teacher": (point,)},
            shows={"matrix": matrix},
        )
    ]
