"""Hints: features of the student, through a small adapter, match features of the teacher."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.losses import feature
from kdcore.losses.plain_features import same_size
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import chosen, parameters
from kdcore.networks.adapters import projection
from kdcore.plan import Batch, Card, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

POINTS = ("early", "middle", "last", "penultimate")

CARD = Card(
    name="hint",
    title=N_("Hint"),
    transfers=N_("features"),
    what=N_(
        "At one point inside both networks the student's features, sent through a learned 1x1 convolution or linear layer, "
        "match the teacher's."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + h\,\overline{\big(r(s) - t\big)^2}",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "s": N_("the student's features at the point, of the teacher's size"),
        "t": N_("the teacher's features there"),
        "r": N_("the adapter, learned beside the student; the line is the mean over everything"),
        "h": N_("the weight on the hint"),
    },
    citation="Romero, Ballas, Kahou, Chassang, Gatta and Bengio 2015, FitNets: Hints for thin deep nets, equation 3 (there a first stage of its own)",
    cost=N_("The teacher's forward pass on every batch, and the adapter."),
    hurts=N_(
        "A late point or a high weight forces the teacher's features on a student that has no room for them."
    ),
    parameters=(
        Parameter(
            "point",
            1,
            0,
            3,
            N_("Where the features are taken. Perceptrons have penultimate ones."),
            "Romero et al. 2015, section 3.1: the middle layer",
            choices=POINTS,
        ),
        Parameter(
            "hint_weight",
            1.0,
            0.0,
            1000.0,
            N_("Weight on the hint."),
            "RepDistiller's script has 100, made for 240 epochs; here the term begins no larger than the labels' loss",
        ),
    ),
    views=("curve",),
)


def plain_loss(
    hard: Tensor,
    features: dict[str, Tensor],
    teacher_features: dict[str, Tensor],
    adapters: nn.ModuleDict,
    point: str,
    hint_weight: float,
) -> Tensor:
    """CE + h (r(s) - t)^2, the mean over images, channels and positions."""
    ours, theirs = same_size(adapters["hint"](features[point]), teacher_features[point])
    return hard + hint_weight * F.mse_loss(ours, theirs)


def plan(experiment: Experiment) -> list[Stage]:
    """One stage: labels and hint together, for short runs at a hundredth of the weight published for long ones (see its source)."""
    point, weight = chosen(experiment, "point"), parameters(experiment)["hint_weight"]

    def adapter(shapes: Shapes) -> nn.Module:
        """From the student's channels to the teacher's."""
        return projection(shapes["student"][point], shapes["teacher"][point][0])

    def objective(batch: Batch) -> Sequence[Term]:
        """CE with the labels, and the mean squared error of the adapted features."""
        student, teacher = batch.outputs["student"], batch.outputs["teacher"]
        hard = label_cross_entropy(student.logits, batch.labels, batch.label_smoothing)
        error = feature.hint(batch.adapt("hint", student.features[point]), teacher.features[point])
        return [
            Term("student", "labels", "labels", hard),
            Term("student", "hint", "teacher", error, weight),
        ]

    return [
        Stage(
            "hint",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            taps={"student": (point,), "teacher": (point,)},
            adapters={"hint": adapter},
        )
    ]
