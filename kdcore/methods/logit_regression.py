"""Logit regression: the student's logits themselves follow the teacher's, before any softmax."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.losses.logits import absolute_logit_error, cosine_distance, squared_logit_error
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import chosen, parameters
from kdcore.plan import Batch, Card, Parameter, Stage, Term
from kdcore.texts import N_

FORMS = {"mse": squared_logit_error, "l1": absolute_logit_error, "cosine": cosine_distance}

CARD = Card(
    name="logit-regression",
    title=N_("Logit regression"),
    transfers=N_("responses"),
    what=N_(
        "The student's logits follow the teacher's by squared error, by absolute error or in direction alone. Squared "
        "error is what soft targets become when the temperature is high."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + \lambda\,d(z, v),\quad d = \tfrac1C\lVert z - v\rVert_2^2,\ \tfrac1C\lVert z - v\rVert_1\ \text{or}\ 1 - \cos(z, v)",
    symbols={
        "z": N_("the student's logits"),
        "v": N_("the teacher's logits"),
        "y": N_("the label"),
        "C": N_("how many classes there are"),
        "d": N_("how far apart the logits are"),
        r"\lambda": N_("the weight on the regression"),
    },
    citation="Ba and Caruana 2014, Do deep nets really need to be deep?, section 2.2",
    cost=N_(
        "The teacher's logits: one forward pass over the transfer set, or one a step under augmentation."
    ),
    hurts=N_(
        "Every class counts alike: a small student spends itself on the logits of classes that nobody would guess."
    ),
    parameters=(
        Parameter(
            "form",
            0,
            0,
            len(FORMS) - 1,
            N_("How the distance of the logits is measured."),
            "mse: Ba and Caruana 2014, section 2.2",
            tuple(FORMS),
        ),
        Parameter(
            "regression_weight",
            0.1,
            0.0,
            100.0,
            N_(
                "Weight on the regression. The default suits mse; l1 is smaller, try 1, and cosine is at most 2, try 10."
            ),
            "our choice: beside the labels, squared errors of logits are about ten times a cross-entropy",
        ),
    ),
    views=("curve",),
)


def plain_loss(student: Tensor, teacher: Tensor, hard: Tensor, form: str, regression_weight: float) -> Tensor:
    """CE + lambda d(z, v), the distance by squared error, by absolute error or by direction."""
    if form == "cosine":
        distance = 1 - F.cosine_similarity(student, teacher, dim=1).mean()
    else:
        distance = F.mse_loss(student, teacher) if form == "mse" else F.l1_loss(student, teacher)
    return hard + regression_weight * distance


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: the teacher answers, the student learns."""
    weight = parameters(experiment)["regression_weight"]
    distance = FORMS[chosen(experiment, "form")]

    def objective(batch: Batch) -> Sequence[Term]:
        """CE with the labels, and the distance of the logits."""
        student = batch.outputs["student"].logits
        hard = label_cross_entropy(student, batch.labels, batch.label_smoothing)
        regression = distance(student, batch.outputs["teacher"].logits)
        return [
            Term("student", "labels", "labels", hard),
            Term("student", "regression", "teacher", regression, weight),
        ]

    return [Stage("regression", {"student": experiment.student}, objective, frozen=("teacher",))]
