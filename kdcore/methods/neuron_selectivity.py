"""Neuron selectivity transfer: the student's channels answer to the same places as the teacher's, as a whole set."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.losses import feature
from kdcore.losses.plain_features import same_size
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import parameters
from kdcore.networks.adapters import MAPS, without_maps
from kdcore.plan import Batch, Card, Parameter, Stage, Term
from kdcore.texts import N_

CARD = Card(
    name="neuron-selectivity",
    title=N_("Neuron selectivity"),
    transfers=N_("features"),
    what=N_(
        "The channels' maps are taken as a set, with no order: the student's set is drawn to the teacher's, so that for every "
        "pattern of places some channel of the student answers to it."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + m \sum_{l} \Big[\overline{k(s, s')} + \overline{k(t, t')} - 2\,\overline{k(s, t)}\Big],\quad k(a, b) = (a \cdot b)^2",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "s": N_("the map of one of the student's channels at point l, scaled to length 1"),
        "t": N_("the map of one of the teacher's channels there, scaled to length 1"),
        "k(a, b)": N_("how alike two maps are; the line is the mean over all pairs"),
        "m": N_("the weight on selectivity"),
    },
    citation="Huang and Wang 2017, Like what you like: knowledge distill via neuron selectivity transfer, section 4, polynomial kernel",
    cost=N_(
        "The teacher's forward pass on every batch, and products of all pairs of channels at three points."
    ),
    hurts=N_("With few channels the student spends them on the teacher's most common pattern."),
    parameters=(
        Parameter(
            "selectivity_weight",
            5.0,
            0.0,
            1000.0,
            N_("Weight on the sum over the three points."),
            "RepDistiller's script has 50, made for 240 epochs; here the term begins no larger than the labels' loss",
        ),
    ),
    views=("curve",),
)


def plain_likeness(one: Tensor, other: Tensor) -> Tensor:
    """The mean of (a . b)^2 over all pairs of channels' maps and all images; maps [N, C, P] and [N, D, P] of length 1."""
    return (one @ other.mT).square().mean()


def plain_loss(
    hard: Tensor,
    features: dict[str, Tensor],
    teacher_features: dict[str, Tensor],
    selectivity_weight: float,
) -> Tensor:
    """CE + m times how far apart the two sets of channels' maps are at every point: their maximum mean discrepancy, squared."""
    loss = hard
    for point in features:
        s, t = (
            F.normalize(maps.flatten(2), dim=2)
            for maps in same_size(features[point], teacher_features[point])
        )
        apart = plain_likeness(s, s) + plain_likeness(t, t) - 2 * plain_likeness(s, t)
        loss = loss + selectivity_weight * apart
    return loss


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: labels and three sets of maps, at a tenth of the weight published for long runs."""
    weight = parameters(experiment)["selectivity_weight"]

    def objective(batch: Batch) -> Sequence[Term]:
        """CE with the labels, and one term per point."""
        student, teacher = batch.outputs["student"], batch.outputs["teacher"]
        hard = label_cross_entropy(student.logits, batch.labels, batch.label_smoothing)
        sets = {p: feature.neuron_selectivity(student.features[p], teacher.features[p]) for p in MAPS}
        return [
            Term("student", "labels", "labels", hard),
            *(Term("student", f"{point} maps", "teacher", raw, weight) for point, raw in sets.items()),
        ]

    return [
        Stage(
            "selectivity",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            taps={"student": MAPS, "teacher": MAPS},
            refuses=without_maps,
        )
    ]
