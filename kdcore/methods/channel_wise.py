"""Channel-wise distillation: each channel of the student says where in the image, as the teacher's channel does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import nn

from kdcore.experiment import Experiment
from kdcore.losses import feature
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import chosen, parameters
from kdcore.networks.adapters import MAPS, projection, without_maps
from kdcore.plan import Batch, Card, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

CARD = Card(
    name="channel-wise",
    title=N_("Channel-wise"),
    transfers=N_("features"),
    what=N_(
        "Every channel's map becomes a distribution over the places of the image; the student's channels match the teacher's, "
        "so that the strongest places count most and flat background little."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + c\,T^2\,\overline{\mathrm{KL}\big(\mathrm{softmax}(t/T)\,\|\,\mathrm{softmax}(s/T)\big)}",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "s": N_(
            "one channel's map of the student; where the teacher has other channels, after a learned 1x1 convolution"
        ),
        "t": N_(
            "the teacher's map of that channel; softmax runs over its positions, the line is the mean over channels"
        ),
        "T": N_("the temperature of the maps"),
        "c": N_("the weight on channels"),
    },
    citation="Shu, Liu, Gao, Yan and Shen 2021, Channel-wise knowledge distillation for dense prediction, section 3",
    cost=N_("The teacher's forward pass on every batch, and an adapter where channels differ."),
    hurts=N_(
        "Late maps of small images have few positions: little is left to say where. Made for segmentation."
    ),
    parameters=(
        Parameter(
            "point",
            1,
            0,
            2,
            N_("Where the maps are taken."),
            "our choice: the last maps of small images have few positions",
            choices=MAPS,
        ),
        Parameter(
            "channel_weight",
            5.0,
            0.0,
            1000.0,
            N_("Weight on the channels."),
            "the authors' script has 50 for segmentation; here the term begins no larger than the labels' loss",
        ),
        Parameter(
            "map_temperature",
            4.0,
            0.1,
            20.0,
            N_("Temperature of the softmax over positions."),
            "the authors' script",
        ),
    ),
    views=("curve",),
)


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: labels and one point's channels, at a tenth of the weight published for segmentation."""
    settings, point = parameters(experiment), chosen(experiment, "point")

    def adapter(shapes: Shapes) -> nn.Module:
        """From the student's channels to the teacher's."""
        return projection(shapes["student"][point], shapes["teacher"][point][0])

    def objective(batch: Batch) -> Sequence[Term]:
        """CE with the labels, and the divergence of the channels' maps."""
        student, teacher = batch.outputs["student"], batch.outputs["teacher"]
        hard = label_cross_entropy(student.logits, batch.labels, batch.label_smoothing)
        ours, theirs = student.features[point], teacher.features[point]
        if ours.shape[2] != theirs.shape[1]:
            ours = batch.adapt("channels", ours)
        divergence = feature.channel_wise(ours, theirs, settings["map_temperature"])
        return [
            Term("student", "labels", "labels", hard),
            Term("student", "channels", "teacher", divergence, settings["channel_weight"]),
        ]

    return [
        Stage(
            "channels",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            taps={"student": (point,), "teacher": (point,)},
            adapters={"channels": adapter},
            refuses=partial(without_maps, points=(point,)),
        )
    ]
