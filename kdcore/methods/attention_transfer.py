"""Attention transfer: the student looks where the teacher looks."""

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
from kdcore.plan import Batch, Card, Output, Parameter, Stage, Term
from kdcore.texts import N_

CARD = Card(
    name="attention-transfer",
    title=N_("Attention transfer"),
    transfers=N_("features"),
    what=N_(
        "At three depths the map of where the student responds strongly, whatever the channel, matches the teacher's map."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + a \sum_{l} \overline{\Big(\frac{Q_l(s)}{\lVert Q_l(s)\rVert} - \frac{Q_l(t)}{\lVert Q_l(t)\rVert}\Big)^2},\quad Q_l(x) = \overline{x_l^2}",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "s": N_("the student's features"),
        "t": N_("the teacher's features"),
        "x_l": N_("features at point l: early, middle and last"),
        "Q_l": N_("the attention map: the mean over the channels of the squared features"),
        "a": N_("the weight on attention"),
    },
    citation="Zagoruyko and Komodakis 2017, Paying more attention to attention, equation 2",
    cost=N_("The teacher's forward pass on every batch; no adapter, whatever the widths."),
    hurts=N_("Between networks of different kinds: a student that must look elsewhere is held back."),
    parameters=(
        Parameter(
            "attention_weight",
            10.0,
            0.0,
            10000.0,
            N_("Weight on the sum over the three points."),
            "RepDistiller's script has 1000, made for 240 epochs; here the term begins no larger than the labels' loss",
        ),
    ),
    views=("curve", "map"),
)


SHOWN = MAPS[0]
"""Of the three depths the one with the finest map: the last has few positions on small images."""


def attention_of(output: Output) -> Tensor:
    """The attention maps [P, h, w] where they are finest."""
    return feature.attention_map(output.features[SHOWN])


def plain_attention(features: Tensor) -> Tensor:
    """Where a network looks: the squares' mean over the channels, of length 1 over the positions; [N, C, H, W] -> [N, H * W]."""
    return F.normalize(features.square().mean(1).flatten(1), dim=1)


def plain_loss(
    hard: Tensor,
    features: dict[str, Tensor],
    teacher_features: dict[str, Tensor],
    attention_weight: float,
) -> Tensor:
    """CE + a times the squared differences of the attention maps at every point, each the mean over images and positions."""
    loss = hard
    for point in features:
        ours, theirs = same_size(features[point], teacher_features[point])
        loss = loss + attention_weight * F.mse_loss(plain_attention(ours), plain_attention(theirs))
    return loss


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: labels and three maps, at a hundredth of the weight published for long runs."""
    weight = parameters(experiment)["attention_weight"]

    def objective(batch: Batch) -> Sequence[Term]:
        """CE with the labels, and one term per point."""
        student, teacher = batch.outputs["student"], batch.outputs["teacher"]
        hard = label_cross_entropy(student.logits, batch.labels, batch.label_smoothing)
        maps = [
            Term(
                "student",
                f"{point} attention",
                "teacher",
                feature.attention(student.features[point], teacher.features[point]),
                weight,
            )
            for point in MAPS
        ]
        return [Term("student", "labels", "labels", hard), *maps]

    return [
        Stage(
            "attention",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            taps={"student": MAPS, "teacher": MAPS},
            refuses=without_maps,
            shows={"map": attention_of},
            shown_at=SHOWN,
        )
    ]
