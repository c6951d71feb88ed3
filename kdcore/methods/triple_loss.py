"""The triple loss: soft targets, labels, and the direction of the features before the last layer."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from kdcore.experiment import Experiment
from kdcore.losses.logits import cosine_distance
from kdcore.methods.objectives import soft_targets_and_labels
from kdcore.methods.settings import parameters
from kdcore.plan import Batch, Card, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

POINT = "penultimate"

CARD = Card(
    name="triple-loss",
    title=N_("Triple loss"),
    transfers=N_("responses"),
    what=N_(
        "Soft targets and labels, and beside them the student's features before the last layer, turned by a learned "
        "matrix, point where the teacher's do. As DistilBERT was made."
    ),
    formula=r"\mathcal{L} = (1-w)\,\mathrm{CE}(y, z) + w\,T^2\,\mathrm{KL}\big(\mathrm{softmax}(v/T)\,\|\,\mathrm{softmax}(z/T)\big) + c\,\big(1 - \cos(A h, g)\big)",
    symbols={
        "z": N_("the student's logits"),
        "v": N_("the teacher's logits"),
        "y": N_("the label"),
        "h": N_("the student's features before its last layer"),
        "g": N_("the teacher's"),
        "A": N_("a matrix that learns along; it begins as the identity"),
        "T": N_("the temperature"),
        "w": N_("the weight on teacher"),
        "c": N_("the weight on the direction"),
    },
    citation="Sanh, Debut, Chaumond and Wolf 2019, DistilBERT, a distilled version of BERT, section 3",
    cost=N_("The teacher runs at every step for its features, and one small matrix learns along."),
    hurts=N_("A student much narrower than the teacher: the matrix learns the directions in its place."),
    uses=("temperature", "teacher_weight"),
    parameters=(
        Parameter(
            "cosine_weight",
            0.14,
            0.0,
            10.0,
            N_("Weight on the direction of the features."),
            "the authors' code: 1 beside 5 on soft targets and 2 on labels, which sum to 1 here",
        ),
    ),
    views=("curve",),
)


def turn(shapes: Shapes) -> nn.Module:
    """A matrix from the student's width to the teacher's, at first the identity as far as it goes."""
    matrix = nn.Linear(shapes["student"][POINT][0], shapes["teacher"][POINT][0], bias=False)
    nn.init.eye_(matrix.weight)
    return matrix


def plan(experiment: Experiment) -> list[Stage]:
    """One stage with three terms and the matrix that compares unlike widths."""
    weight = parameters(experiment)["cosine_weight"]

    def objective(batch: Batch) -> Sequence[Term]:
        """(1-w) CE + w T^2 KL + the distance of the features' directions."""
        student, teacher = batch.outputs["student"], batch.outputs["teacher"]
        turned = batch.adapt("turn", student.features[POINT])
        return [
            *soft_targets_and_labels(batch),
            Term("student", "direction", "teacher", cosine_distance(turned, teacher.features[POINT]), weight),
        ]

    return [
        Stage(
            "triple",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            taps={"student": (POINT,), "teacher": (POINT,)},
            adapters={"turn": turn},
        )
    ]
