"""Vector-quantised features: a codebook learns the teacher's typical features; the student names the code at each place."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from kdcore.experiment import Experiment
from kdcore.losses import feature
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import chosen, parameters
from kdcore.networks.adapters import Learned, projection
from kdcore.plan import Batch, Card, Figure, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

POINTS = ("early", "middle", "last", "penultimate")

PACE = 10.0
"""Measured on MNIST's teacher: after 300 steps 34 of 64 codes are in use, and 15 where the book learns as the networks do."""

CARD = Card(
    name="vector-quantised",
    title=N_("Vector-quantised features"),
    transfers=N_("features"),
    what=N_(
        "A codebook of a few typical feature vectors learns along with the student what the teacher says at each place. The "
        "student does not copy the vectors: it predicts which code is the nearest."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + q\,\overline{\mathrm{CE}\big(c(t), r(s)\big)},\quad c(t) = \arg\min_m \lVert t - b_m \rVert^2,\quad \mathcal{L}_b = \overline{(t - b_{c(t)})^2}",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "s": N_("the student's features at one position"),
        "t": N_("the teacher's features there, normalised over their channels"),
        "b_m": N_("code m of the codebook"),
        "c(t)": N_("the number of the nearest code"),
        "r": N_("a learned 1x1 convolution or linear layer that gives each code a score"),
        "q": N_("the weight on the codes; the lines are means over images and positions"),
    },
    citation="Jain, Gidaris, Komodakis, Pérez and Cord 2020, QUEST: Quantized embedding space for transferring knowledge, section 3; the codebook learned as by van den Oord, Vinyals and Kavukcuoglu 2017, Neural discrete representation learning, equation 3",
    cost=N_(
        "The teacher's forward pass on every batch, a search for the nearest code at every place, and an adapter."
    ),
    hurts=N_("Few codes in use say little more than the label; the target moves while the codebook learns."),
    parameters=(
        Parameter(
            "point",
            2,
            0,
            3,
            N_("Where the features are taken. Perceptrons have penultimate ones."),
            "our choice: the last map",
            choices=POINTS,
        ),
        Parameter("codes", 64, 2, 1024, N_("How many codes the book has."), "our choice for small images"),
        Parameter(
            "code_weight",
            0.5,
            0.0,
            100.0,
            N_("Weight on the codes."),
            "our choice: with 64 codes the term begins no larger than the labels' loss",
        ),
    ),
    views=("curve",),
)


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: labels, codes, and the codebook."""
    settings, point = parameters(experiment), chosen(experiment, "point")
    count, weight = int(settings["codes"]), settings["code_weight"]

    def codebook(shapes: Shapes) -> nn.Module:
        """Codes that start where normalised features may be: every channel of variance 1."""
        return Learned(torch.randn(count, shapes["teacher"][point][0]), PACE)

    def scores(shapes: Shapes) -> nn.Module:
        """From the student's channels to one score a code."""
        return projection(shapes["student"][point], count)

    def objective(batch: Batch) -> Sequence[Term | Figure]:
        """CE with the labels and with the nearest codes for the student, the distance to them for the codebook."""
        student, teacher = batch.outputs["student"], batch.outputs["teacher"]
        hard = label_cross_entropy(student.logits, batch.labels, batch.label_smoothing)
        ours, theirs = feature.same_size(student.features[point], teacher.features[point])
        target, book = feature.standardised(theirs), batch.adapt("codebook")
        codes = feature.nearest_codes(target, book)
        guessed = batch.adapt("scores", ours)
        named = (guessed.argmax(2) == codes).float().flatten(1).mean(1)
        return [
            Term("student", "labels", "labels", hard),
            Term("student", "codes", "teacher", feature.code_cross_entropy(guessed, codes), weight),
            Term("codebook", "distance", "teacher", feature.quantisation_error(target, book)),
            Figure("codebook", "codes in use", feature.codes_in_use(codes, count)),
            Figure("student", "codes named rightly", named),
        ]

    return [
        Stage(
            "codes",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            taps={"student": (point,), "teacher": (point,)},
            adapters={"codebook": codebook, "scores": scores},
        )
    ]
