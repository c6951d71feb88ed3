"""Fused hints: features of several teachers, side by side, are one hint for the student."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import nn

from kdcore.experiment import Experiment
from kdcore.losses import feature
from kdcore.methods.further_teachers import (
    FURTHER_TEACHERS,
    further_teachers_learn,
    names_of_further_teachers,
)
from kdcore.methods.objectives import labels_alone
from kdcore.methods.settings import chosen, parameters
from kdcore.networks.adapters import projection
from kdcore.plan import Batch, Card, Figure, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

POINTS = ("early", "middle", "last", "penultimate")

CARD = Card(
    name="fused-hints",
    title=N_("Fused hints"),
    transfers=N_("several teachers"),
    what=N_(
        "Further teachers learn from the labels before the run. At one point inside, the features of all teachers are "
        "standardised and laid side by side; the student's features, sent through one learned adapter, match them all."
    ),
    formula=r"\mathcal{L} = \mathrm{CE}(y, z) + h\,\overline{\big(r(s) - [\hat t_1, \dots, \hat t_M]\big)^2}",
    symbols={
        "z": N_("the student's logits"),
        "y": N_("the label"),
        "s": N_("the student's features at the point"),
        r"\hat t_m": N_(
            "the features of teacher m there, at each position less the mean of its channels and divided by their "
            "standard deviation"
        ),
        "M": N_("the number of teachers, the run's own first"),
        "r": N_("the adapter, learned beside the student; the line is the mean over everything"),
        "h": N_("the weight on the hint"),
    },
    citation=(
        "Park and Kwak 2019, FEED: Feature-level ensemble for knowledge distillation (its parallel form, which has a "
        "nonlinear transformation for each teacher)"
    ),
    cost=N_(
        "A whole training of every further teacher, a forward pass of each of them at every step, and the adapter."
    ),
    hurts=N_(
        "Teachers that learned the same in other coordinates ask the adapter for each of them: the student's room goes to "
        "what they disagree on. A weak teacher counts as much as a strong one."
    ),
    parameters=(
        *FURTHER_TEACHERS,
        Parameter(
            "point",
            2,
            0,
            3,
            N_("Where the features are taken. Perceptrons have penultimate ones."),
            "our choice: the last maps, which networks of all depths have",
            choices=POINTS,
        ),
        Parameter("hint_weight", 1.0, 0.0, 1000.0, N_("Weight on the hint."), "our choice"),
    ),
    views=("curve",),
)


def plan(experiment: Experiment) -> list[Stage]:
    """First the further teachers learn side by side, then the student learns from the labels and all their features."""
    teachers = ("teacher", *names_of_further_teachers(experiment))
    point, weight = chosen(experiment, "point"), parameters(experiment)["hint_weight"]
    return [
        further_teachers_learn(experiment),
        Stage(
            "the student learns",
            {"student": experiment.student},
            partial(objective, teachers=teachers, point=point, weight=weight),
            frozen=teachers,
            taps=dict.fromkeys(("student", *teachers), (point,)),
            adapters={"hint": partial(adapter, teachers=teachers, point=point)},
        ),
    ]


def adapter(shapes: Shapes, teachers: Sequence[str], point: str) -> nn.Module:
    """From the student's channels to those of all teachers."""
    return projection(shapes["student"][point], sum(shapes[name][point][0] for name in teachers))


def objective(batch: Batch, teachers: Sequence[str], point: str, weight: float) -> Sequence[Term | Figure]:
    """CE with the labels, and the error of the adapted features; each teacher's part of it is measured."""
    own, *others = (batch.outputs[name].features[point] for name in teachers)
    hints = [own[None], *others]
    adapted = batch.adapt("hint", batch.outputs["student"].features[point])
    parts = adapted.detach().split([features.shape[2] for features in hints], dim=2)
    with torch.no_grad():
        errors = [feature.fused_hint(part, [hint]) for part, hint in zip(parts, hints, strict=True)]
    return [
        *labels_alone(batch),
        Term("student", "fused hint", "teacher", feature.fused_hint(adapted, hints), weight),
        *(Figure("student", f"error on {name}", e) for name, e in zip(teachers, errors, strict=True)),
    ]
