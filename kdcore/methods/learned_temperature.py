"""Learned temperature: the temperature is learned too, against the student, so that its lessons get harder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from kdcore.experiment import Experiment
from kdcore.losses.response import label_cross_entropy, soft_target_divergence, squared
from kdcore.methods.settings import parameters
from kdcore.plan import Batch, Card, Figure, Parameter, Shapes, Stage, Term
from kdcore.texts import N_

LOWEST = 1.0

CARD = Card(
    name="learned-temperature",
    title=N_("Learned temperature"),
    transfers=N_("responses, at a temperature that is learned"),
    what=N_(
        "The temperature is a parameter that learns with the student, but to make the divergence large where the student "
        "makes it small. How hard it may push grows from nothing over the first part of the run: first easy, then hard."
    ),
    formula=r"\min_\theta \max_T\; (1-w)\,\mathrm{CE}(y, z) + w\,T^2\,\mathrm{KL}\big(\mathrm{softmax}(v/T)\,\|\,\mathrm{softmax}(z/T)\big)",
    symbols={
        r"\theta": N_("the student's weights"),
        "z": N_("the student's logits"),
        "v": N_("the teacher's logits"),
        "y": N_("the label"),
        "T": N_("the learned temperature, between 1 and the highest"),
        "w": N_("the weight on teacher"),
    },
    citation="Li, Li, Yang, Zhao, Song, Luo, Li and Yang 2023, Curriculum temperature for knowledge distillation, sections 3.1 and 3.2 (the global temperature)",
    cost=N_("That of soft targets, and one number more to learn."),
    hurts=N_(
        "At a small learning rate the temperature hardly moves in a short run. AdamW makes steps of one size from small "
        "gradients and large ones, so that it feels little of the push's growth; SGD feels it all."
    ),
    uses=("teacher_weight",),
    parameters=(
        Parameter("start", 4.0, 1.05, 50.0, N_("The temperature to begin with."), "our choice"),
        Parameter("highest", 20.0, 2.0, 100.0, N_("The highest temperature; the lowest is 1."), "our choice"),
        Parameter(
            "push",
            1.0,
            0.0,
            100.0,
            N_("By how much the reversed gradient is multiplied at the end of its growth."),
            "Li et al. 2023, section 3.2 (0 to 1)",
        ),
        Parameter(
            "grows_for",
            0.5,
            0.01,
            1.0,
            N_("Share of the run over which the push grows from 0."),
            "our choice",
        ),
    ),
    views=("curve",),
)


class Temperature(nn.Module):
    """A number between LOWEST and `highest`, as the sigmoid of what is learned."""

    def __init__(self, start: float, highest: float) -> None:
        super().__init__()
        self.highest = max(highest, start + 0.05)
        share = (start - LOWEST) / (self.highest - LOWEST)
        self.place = nn.Parameter(torch.tensor(math.log(share / (1 - share))))

    def forward(self) -> Tensor:
        """The temperature, a scalar."""
        return LOWEST + (self.highest - LOWEST) * self.place.sigmoid()


def temperature(shapes: Shapes, start: float, highest: float) -> nn.Module:
    """Whatever the networks, one temperature for all images."""
    return Temperature(start, highest)


def reversed_gradient(x: Tensor, push: float) -> Tensor:
    """x itself, whose gradient is turned round and multiplied by `push` (Ganin and Lempitsky 2015, section 3.1)."""
    return (1 + push) * x.detach() - push * x


def pushed(progress: float, push: float, grows_for: float) -> float:
    """How hard the temperature pushes when `progress` (0 to 1) of the run is done: half a cosine from 0 up to `push`."""
    return push * 0.5 * (1 - math.cos(math.pi * min(progress / grows_for, 1.0)))


def plan(experiment: Experiment) -> list[Stage]:
    """One stage in which the student and the temperature learn against each other."""
    settings = parameters(experiment)

    def objective(batch: Batch) -> Sequence[Term | Figure]:
        """(1-w) CE + w T^2 KL, the gradient with respect to T reversed, that of its square too."""
        student = batch.outputs["student"].logits
        learned = batch.adapt("temperature")
        against = reversed_gradient(learned, pushed(batch.progress, settings["push"], settings["grows_for"]))
        soft = soft_target_divergence(student, batch.outputs["teacher"].logits, against)
        hard = label_cross_entropy(student, batch.labels, batch.label_smoothing)
        return [
            Term("student", "labels", "labels", hard, 1 - batch.teacher_weight),
            Term("student", "soft targets", "teacher", soft, batch.teacher_weight * squared(against)),
            Figure("student", "temperature", learned),
        ]

    build = partial(temperature, start=settings["start"], highest=settings["highest"])
    return [
        Stage(
            "soft targets",
            {"student": experiment.student},
            objective,
            frozen=("teacher",),
            adapters={"temperature": build},
        )
    ]
