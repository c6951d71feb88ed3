"""Hierarchical hints: several levels at once, each with a weight that is learned."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.losses import feature
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import parameters
from kdcore.networks.adapters import MAPS, Learned, projection, without_maps
from kdcore.plan import Batch, Card, Figure, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

SMALLEST_VARIANCE = 0.01
"""No level weighs more than 1 / (2 * 0.01), and the loss has a lower bound when a level is matched exactly."""

PACE = 10.0
"""The levels' numbers learn faster than the networks: a short run would leave them where they began."""

CARD = Card(
    name="hierarchical",
    title=N_("Hierarchical hints"),
    transfers=N_("features"),
    what=N_(
        "Hints at three levels at once. Each level's error is divided by a learned variance, as if the student's guess of the "
        "teacher's features had that much noise: levels that it can match come to weigh more, hopeless ones less."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + h \sum_{l} \Big[\frac{e_l}{2\sigma_l^2} + \frac12 \log \sigma_l^2\Big],\quad e_l = \overline{\big(r_l(s_l) - t_l\big)^2}",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "s_l": N_("the student's features at level l: early, middle, last"),
        "t_l": N_("the teacher's features there"),
        "r_l": N_("the adapter of that level; the line is the mean over everything"),
        "e_l": N_("the level's error"),
        r"\sigma_l": N_("the learned noise of the level"),
        "h": N_("the weight on all levels together"),
    },
    citation="Kendall, Gal and Cipolla 2018, Multi-task learning using uncertainty to weigh losses, section 3.2; the hints of Romero et al. 2015, FitNets, equation 3",
    cost=N_("The teacher's forward pass on every batch, and three adapters."),
    hurts=N_("What is easy to match need not be what helps: early levels tend to win the weight."),
    parameters=(
        Parameter("levels_weight", 1.0, 0.0, 100.0, N_("Weight on all levels together."), "our choice"),
    ),
    views=("curve",),
)


def adapter(point: str) -> Callable[[Shapes], nn.Module]:
    """Builds a 1x1 convolution to the teacher's channels at one level."""
    return lambda shapes: projection(shapes["student"][point], shapes["teacher"][point][0])


def variances(shapes: Shapes) -> nn.Module:
    """One number a level."""
    return Learned(torch.zeros(len(MAPS)), PACE)


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: labels, three levels, and their weights."""
    weight = parameters(experiment)["levels_weight"]

    def objective(batch: Batch) -> Sequence[Term | Figure]:
        """CE with the labels, each level's error over its variance, and the price of large variances."""
        student, teacher = batch.outputs["student"], batch.outputs["teacher"]
        hard = label_cross_entropy(student.logits, batch.labels, batch.label_smoothing)
        variance = _positive(batch.adapt("variances"))
        share = 0.5 / variance
        terms = [Term("student", "labels", "labels", hard)]
        for level, point in enumerate(MAPS):
            error = feature.hint(batch.adapt(point, student.features[point]), teacher.features[point])
            terms.append(Term("student", f"{point} hint", "teacher", error, weight * share[:, level]))
        price = 0.5 * variance.log().sum(-1)
        terms.append(Term("student", "price of noise", "teacher", price, weight))
        return [*terms, *(Figure("student", f"weight of {p}", share[:, i]) for i, p in enumerate(MAPS))]

    return [
        Stage(
            "levels",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            taps={"student": MAPS, "teacher": MAPS},
            adapters={point: adapter(point) for point in MAPS} | {"variances": variances},
            refuses=without_maps,
        )
    ]


def _positive(number: Tensor) -> Tensor:
    """A variance from any number, about 0.7 where it is 0."""
    return F.softplus(number) + SMALLEST_VARIANCE
