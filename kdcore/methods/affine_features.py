"""Affine features: the student's features, each channel scaled and shifted, match the teacher's normalised ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from kdcore.experiment import Experiment
from kdcore.losses import feature
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import chosen, parameters
from kdcore.networks.adapters import projection
from kdcore.plan import Batch, Card, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

POINTS = ("early", "middle", "last", "penultimate")

CARD = Card(
    name="affine-features",
    title=N_("Affine features"),
    transfers=N_("features"),
    what=N_(
        "The teacher's channels are normalised at every position, so that only their relations count; the student's match them "
        "after a learned scale and shift of each channel."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + f\,\overline{\mathrm{smooth}_1\Big(g \odot s + b - \frac{t - \mu(t)}{\sigma(t)}\Big)}",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "s": N_(
            "the student's channels; where the teacher has another number, a learned 1x1 mixture of them"
        ),
        "t": N_(
            "the teacher's channels at one position; \\mu and \\sigma are their mean and standard deviation"
        ),
        "g": N_("the learned scale of each channel"),
        "b": N_("the learned shift of each channel"),
        r"\mathrm{smooth}_1": N_(
            "squared distance below 2, plain distance above; the line is the mean over everything"
        ),
        "f": N_("the weight on the features"),
    },
    citation="Wei, Hu, Xie, Zhang, Cao, Bao, Chen and Guo 2022, Contrastive learning rivals masked image modeling in fine-tuning via feature distillation, section 3 (whitened teacher); the affine map is ours",
    cost=N_("The teacher's forward pass on every batch, and two numbers a channel, or an adapter."),
    hurts=N_(
        "Where the teacher's channels stand in another order than the student's could: two numbers cannot reorder them."
    ),
    parameters=(
        Parameter(
            "point",
            2,
            0,
            3,
            N_("Where the features are taken. Perceptrons have penultimate ones."),
            "Wei et al. 2022, section 3: the last map",
            choices=POINTS,
        ),
        Parameter("feature_weight", 1.0, 0.0, 100.0, N_("Weight on the features."), "our choice"),
    ),
    views=("curve",),
)


class Affine(nn.Module):
    """Scale and shift of each channel: [N, C, ...] -> the same size."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, features: Tensor) -> Tensor:
        """g x + b, channel by channel."""
        each = (-1, *[1] * (features.dim() - 2))
        return features * self.scale.reshape(each) + self.shift.reshape(each)


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: labels, and the features of one point."""
    point, weight = chosen(experiment, "point"), parameters(experiment)["feature_weight"]

    def adapter(shapes: Shapes) -> nn.Module:
        """Two numbers a channel; where the numbers of channels differ, a mixture of all with a shift."""
        own, wanted = shapes["student"][point], shapes["teacher"][point][0]
        return Affine(wanted) if own[0] == wanted else projection(own, wanted)

    def objective(batch: Batch) -> Sequence[Term]:
        """CE with the labels, and the distance to the teacher's normalised channels."""
        student, teacher = batch.outputs["student"], batch.outputs["teacher"]
        hard = label_cross_entropy(student.logits, batch.labels, batch.label_smoothing)
        moved = batch.adapt("affine", student.features[point])
        distance = feature.standardised_hint(moved, teacher.features[point])
        return [
            Term("student", "labels", "labels", hard),
            Term("student", "features", "teacher", distance, weight),
        ]

    return [
        Stage(
            "features",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            taps={"student": (point,), "teacher": (point,)},
            adapters={"affine": adapter},
        )
    ]
