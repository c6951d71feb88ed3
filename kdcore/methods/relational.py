"""Relational distillation: distances and angles between images are passed on, not where the images lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.losses.relation import angle_relation, distance_relation, distances
from kdcore.methods.objectives import labels_alone
from kdcore.methods.settings import chosen, parameters
from kdcore.plan import Batch, Card, Output, Parameter, Stage, Term
from kdcore.texts import N_

POINTS = ("early", "middle", "last", "penultimate")

CARD = Card(
    name="relational",
    title=N_("Relational (RKD)"),
    transfers=N_("relations"),
    what=N_(
        "For every two images of a batch the distance of their features, and for every three the angle they make, "
        "follow the teacher's. Features may have any width."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + d\,\overline{h\big(D_{ij}(s) - D_{ij}(t)\big)} + a\,\overline{h\big(\cos \angle_{jik}(s) - \cos \angle_{jik}(t)\big)},\quad D_{ij}(s) = \tfrac{1}{\mu} \lVert s_i - s_j \rVert",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "s": N_("the student's features of the batch"),
        "t": N_("the teacher's features of the batch"),
        "D_{ij}": N_("the distance of images i and j"),
        r"\mu": N_("the mean of all distances in the batch: each network has its own"),
        r"\angle_{jik}": N_("the angle at image i between images j and k"),
        "h": N_("the Huber loss: squares of small differences, sizes of large ones"),
        "d": N_("the weight on distances"),
        "a": N_("the weight on angles"),
    },
    citation="Park, Kim, Lu and Cho 2019, Relational knowledge distillation, section 3.2",
    cost=N_(
        "The teacher runs at every step for its features; angles take a number for every three images of a batch."
    ),
    hurts=N_("Small batches have few relations, and nothing says which class a group of images is."),
    parameters=(
        Parameter(
            "distance_weight",
            25.0,
            0.0,
            1000.0,
            N_("Weight on distances."),
            "Park et al. 2019, section 4; RepDistiller's sum of both",
        ),
        Parameter(
            "angle_weight",
            50.0,
            0.0,
            1000.0,
            N_("Weight on angles; at 0 they are not computed."),
            "Park et al. 2019, section 4; RepDistiller's sum of both",
        ),
        Parameter(
            "point",
            3,
            0,
            3,
            N_("Where the features are taken. Perceptrons have penultimate ones."),
            "RepDistiller: the features before the last layer",
            choices=POINTS,
        ),
    ),
    views=("curve", "matrix"),
)


RELATIONS = {
    "distances": (distance_relation, "distance_weight"),
    "angles": (angle_relation, "angle_weight"),
}
"""By the name of its term: a relation between the images of a batch, and the setting that is its weight."""


def plain_distances(rows: Tensor) -> Tensor:
    """How far apart every two images are, as a multiple of the mean over the pairs; [N, D] -> [N, N]."""
    apart = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    return apart / (apart.sum() / (len(rows) * (len(rows) - 1)))


def plain_angles(rows: Tensor) -> Tensor:
    """The cosine of the angle that every two images make at a third; [N, D] -> [N, N, N]."""
    directions = F.normalize(rows[None] - rows[:, None], dim=2)
    return directions @ directions.mT


def plain_loss(
    hard: Tensor,
    features: dict[str, Tensor],
    teacher_features: dict[str, Tensor],
    point: str,
    distance_weight: float,
    angle_weight: float,
) -> Tensor:
    """CE + d times the Huber loss of the distances + a times that of the angles, each the mean over all pairs or triples."""
    ours, theirs = features[point].flatten(1), teacher_features[point].flatten(1)
    distances = F.smooth_l1_loss(plain_distances(ours), plain_distances(theirs))
    angles = F.smooth_l1_loss(plain_angles(ours), plain_angles(theirs))
    return hard + distance_weight * distances + angle_weight * angles


def plan(experiment: Experiment) -> list[Stage]:
    """One stage with the labels, and a term for each kind of relation that has a weight."""
    settings, point = parameters(experiment), chosen(experiment, "point")
    weights = {name: settings[weight] for name, (_, weight) in RELATIONS.items()}
    return [
        Stage(
            "relations",
            {"student": experiment.student},
            partial(objective, point=point, weights={n: w for n, w in weights.items() if w}),
            frozen=("teacher",),
            taps={"student": (point,), "teacher": (point,)},
            shows={"matrix": partial(matrix, point=point)},
        )
    ]


def objective(batch: Batch, point: str, weights: Mapping[str, float]) -> Sequence[Term]:
    """CE with the labels, and the relations between the images of the batch."""
    student, teacher = (batch.outputs[name].features[point] for name in ("student", "teacher"))
    return [
        *labels_alone(batch),
        *(
            Term("student", name, "teacher", RELATIONS[name][0](student, teacher), weight)
            for name, weight in weights.items()
        ),
    ]


def matrix(output: Output, point: str) -> Tensor:
    """The distance between every two images, in units of the mean: [P, P]."""
    return distances(output.features[point].flatten(1).float())
