"""Ensemble of teachers: the run's teacher and others with other first weights speak as one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from kdcore.experiment import Experiment
from kdcore.losses.ensemble import divergence_from, mean_probability, mixture, precisions, product, vote
from kdcore.losses.response import label_cross_entropy, log_probabilities, squared
from kdcore.methods.further_teachers import (
    FURTHER_TEACHERS,
    further_teachers_learn,
    names_of_further_teachers,
)
from kdcore.methods.settings import chosen
from kdcore.plan import Batch, Card, Figure, Parameter, Stage, Term
from kdcore.texts import N_

CARD = Card(
    name="ensemble-of-teachers",
    title=N_("Ensemble of teachers"),
    transfers=N_("several teachers"),
    what=N_(
        "Further teachers learn from the labels before the run, and speak with the run's teacher: by the mean of their "
        "probabilities, by vote, by the product of their probabilities, or each the louder the surer it is."
    ),
    formula=r"\mathcal{L} = (1-w)\,\mathrm{CE}(y, z) + w\,T^2\,\mathrm{KL}\big(p\,\|\,\mathrm{softmax}(z/T)\big),\quad p = \tfrac1M \sum_m p_m,\ \text{a vote},\ \propto \prod_m p_m,\ \text{or}\ \sum_m a_m p_m",
    symbols={
        "z": N_("the student's logits"),
        "p": N_("the teachers' common answer; p_m is that of teacher m, softened by T"),
        "M": N_("the number of teachers"),
        "m": N_("one of the teachers"),
        "a": N_(
            "a teacher's weight on an image: one over the variance of its answer there, scaled to sum to 1"
        ),
        "y": N_("the label"),
        "T": N_("the temperature; a vote is not softened, and is compared at 1"),
        "w": N_("the weight on teacher"),
    },
    citation=(
        "Hinton, Vinyals and Dean 2015, Distilling the knowledge in a neural network, section 1 (mean); "
        "Kittler, Hatef, Duin and Matas 1998, On combining classifiers, section 2 (product and vote)"
    ),
    cost=N_(
        "A whole training of every further teacher, and a forward pass of each of them at every step of the student."
    ),
    hurts=N_(
        "A weak further teacher, of equal voice, dilutes a strong one. A product of teachers that err together is sure "
        "of their common error."
    ),
    uses=("temperature", "teacher_weight"),
    parameters=(
        *FURTHER_TEACHERS,
        Parameter(
            "combined_by",
            0,
            0,
            3,
            N_("How the teachers' answers become one."),
            "Hinton et al. 2015 (mean)",
            choices=("mean", "vote", "product", "precision"),
        ),
    ),
    views=("curve",),
)


def by_precision(log_p: Tensor) -> Tensor:
    """The mixture in which the surer teacher of each image counts more: [M, K, N, C] -> [K, N, C]."""
    return mixture(log_p, precisions(log_p))


COMBINING = {"mean": mean_probability, "vote": vote, "product": product, "precision": by_precision}


def objective(batch: Batch, teachers: Sequence[str], combined_by: str) -> Sequence[Term | Figure]:
    """(1-w) CE + w T^2 KL from the teachers' common answer; a vote is taken, and compared, at T = 1."""
    student = batch.outputs["student"].logits
    said = torch.stack([batch.outputs[name].logits.expand_as(student) for name in teachers])
    temperature = torch.ones_like(batch.temperature) if combined_by == "vote" else batch.temperature
    common = COMBINING[combined_by](log_probabilities(said / temperature[:, None, None]))
    soft = divergence_from(student, common, temperature)
    firsts = said.argmax(dim=-1)
    return [
        Term(
            "student",
            "labels",
            "labels",
            label_cross_entropy(student, batch.labels, batch.label_smoothing),
            1 - batch.teacher_weight,
        ),
        Term("student", "common answer", "teacher", soft, batch.teacher_weight * squared(temperature)),
        Figure("student", "teachers agree", (firsts == firsts[0]).all(dim=0).float().mean(dim=-1)),
    ]


def plan(experiment: Experiment) -> list[Stage]:
    """First the further teachers learn side by side, then the student learns from all."""
    further = names_of_further_teachers(experiment)
    teachers = ("teacher", *further)
    return [
        further_teachers_learn(experiment),
        Stage(
            "the student learns",
            {"student": experiment.student},
            partial(objective, teachers=teachers, combined_by=chosen(experiment, "combined_by")),
            frozen=teachers,
        ),
    ]
