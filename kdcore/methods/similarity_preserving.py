"""Similarity-preserving distillation: images that excite the teacher alike excite the student alike."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.losses.relation import similarities, similarity_difference
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import chosen, parameters
from kdcore.plan import Batch, Card, Output, Parameter, Stage, Term
from kdcore.texts import N_

POINTS = ("early", "middle", "last", "penultimate")

CARD = Card(
    name="similarity-preserving",
    title=N_("Similarity-preserving (SP)"),
    transfers=N_("relations"),
    what=N_(
        "How alike every two images of a batch are to the teacher is a matrix; the student's matrix follows it. Sorted by "
        "class, the matrix shows blocks."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + \gamma\,\frac{1}{N^2} \big\lVert G(s) - G(t) \big\rVert_F^2,\quad G(s)_i = \frac{(s s^{\top})_i}{\lVert (s s^{\top})_i \rVert_2}",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "s": N_("the student's features of the batch, one row per image"),
        "t": N_("the teacher's features of the batch, one row per image"),
        "G": N_("the similarities of the images of the batch, each row of length 1"),
        "N": N_("how many images there are in the batch"),
        r"\top": N_("rows become columns"),
        r"\lVert\cdot\rVert_F": N_("the root of the sum of all squared entries"),
        r"\gamma": N_("the weight on similarity"),
    },
    citation="Tung and Mori 2019, Similarity-preserving knowledge distillation, section 3",
    cost=N_("The teacher runs at every step for its features; one small matrix product for each network."),
    hurts=N_(
        "The term shrinks with the size of the batch, so its weight does not carry over; images of one class become one."
    ),
    parameters=(
        Parameter(
            "similarity_weight",
            3000.0,
            0.0,
            10000.0,
            N_("Weight on similarity."),
            "Tung and Mori 2019, section 4, batches of 128",
        ),
        Parameter(
            "point",
            3,
            0,
            3,
            N_("Where the features are taken. Perceptrons have penultimate ones."),
            "our choice: every network has it; the paper takes the last maps",
            choices=POINTS,
        ),
    ),
    views=("curve", "matrix"),
)


def plain_similarities(features: Tensor) -> Tensor:
    """How alike every two images of the batch are: products of their features, each row of length 1; [N, ...] -> [N, N]."""
    rows = features.flatten(1)
    return F.normalize(rows @ rows.T, dim=1)


def plain_loss(
    hard: Tensor,
    features: dict[str, Tensor],
    teacher_features: dict[str, Tensor],
    point: str,
    similarity_weight: float,
) -> Tensor:
    """CE + gamma times the squared difference of the similarities, the mean over all pairs of images."""
    ours, theirs = plain_similarities(features[point]), plain_similarities(teacher_features[point])
    return hard + similarity_weight * F.mse_loss(ours, theirs)


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: labels and similarities together."""
    point, weight = chosen(experiment, "point"), parameters(experiment)["similarity_weight"]

    def objective(batch: Batch) -> Sequence[Term]:
        """CE with the labels, and the difference of the similarity matrices."""
        student, teacher = batch.outputs["student"], batch.outputs["teacher"]
        hard = label_cross_entropy(student.logits, batch.labels, batch.label_smoothing)
        difference = similarity_difference(student.features[point], teacher.features[point])
        return [
            Term("student", "labels", "labels", hard),
            Term("student", "similarity", "teacher", difference, weight),
        ]

    def matrix(said: Output) -> Tensor:
        """The similarity of every two images: [P, P]."""
        return similarities(said.features[point].flatten(1).float())

    return [
        Stage(
            "similarity",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            taps={"student": (point,), "teacher": (point,)},
            shows={"matrix": matrix},
        )
    ]
