"""Born again: networks of the student's own size teach one another, generation after generation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch

from kdcore.experiment import Experiment
from kdcore.losses.ensemble import divergence_from, mean_probability
from kdcore.losses.response import label_cross_entropy, log_probabilities
from kdcore.methods.settings import chosen
from kdcore.plan import Batch, Card, Figure, Parameter, Stage, Term
from kdcore.texts import N_

CARD = Card(
    name="born-again",
    title=N_("Born again"),
    transfers=N_("responses, from generation to generation"),
    what=N_(
        "A network of the student's size learns, and teaches the next of the same size; the student is the last of the "
        "line. It may also learn from all generations together."
    ),
    formula=r"\mathcal{L}_k = (1-w)\,\mathrm{CE}(y, z_k) + w\,\mathrm{KL}\big(\mathrm{softmax}(z_{k-1})\,\|\,\mathrm{softmax}(z_k)\big)",
    symbols={
        "z": N_("the logits of generation k; the student's are the last"),
        "k": N_("the number of the generation"),
        "y": N_("the label"),
        "w": N_(
            "the weight on teacher; the first generation, where it has no teacher, learns from the labels alone"
        ),
    },
    citation="Furlanello, Lipton, Tschannen, Itti and Anandkumar 2018, Born-again neural networks, section 3 (their sum of both terms, here shared by w)",
    cost=N_(
        "A whole training of each generation, and the forward pass of one of them (or of all) at every step."
    ),
    hurts=N_("Gains end after a few generations, and errors are handed down too."),
    uses=("teacher_weight",),
    parameters=(
        Parameter(
            "generations",
            1,
            0,
            3,
            N_("How many generations learn before the student."),
            "our choice",
            choices=("1", "2", "3", "4"),
        ),
        Parameter(
            "first_from",
            0,
            0,
            1,
            N_("What the first generation learns from."),
            "Furlanello et al. 2018 (labels)",
            choices=("labels", "teacher"),
        ),
        Parameter(
            "student_from",
            0,
            0,
            1,
            N_("Whom the student learns from: the last generation, or the mean of all."),
            "Furlanello et al. 2018 (last)",
            choices=("last", "all"),
        ),
    ),
    views=("curve",),
)


def objective(batch: Batch, learner: str, parents: Sequence[str]) -> Sequence[Term | Figure]:
    """(1-w) CE + w KL from the parents' mean answer at T = 1; without parents CE alone."""
    logits = batch.outputs[learner].logits
    hard = label_cross_entropy(logits, batch.labels, batch.label_smoothing)
    if not parents:
        return [Term(learner, "labels", "labels", hard)]
    said = torch.stack([batch.outputs[parent].logits.expand_as(logits) for parent in parents])
    taught = divergence_from(logits, mean_probability(log_probabilities(said)), 1.0)
    agrees = (logits.argmax(dim=-1) == said[-1].argmax(dim=-1)).float().mean(dim=-1)
    return [
        Term(learner, "labels", "labels", hard, 1 - batch.teacher_weight),
        Term(learner, "generation before", "teacher", taught, batch.teacher_weight),
        Figure(learner, "agrees with the generation before", agrees),
    ]


def plan(experiment: Experiment) -> list[Stage]:
    """The generations, one after the other, and then the student."""
    line = [f"generation {i + 1}" for i in range(int(chosen(experiment, "generations")))]
    first: tuple[str, ...] = ("teacher",) if chosen(experiment, "first_from") == "teacher" else ()
    parents = [first, *((name,) for name in line[:-1])]
    before = [
        Stage(
            f"{name} learns",
            {name: experiment.student},
            partial(objective, learner=name, parents=above),
            frozen=above,
            before=True,
        )
        for name, above in zip(line, parents, strict=True)
    ]
    above = tuple(line) if chosen(experiment, "student_from") == "all" else (line[-1],)
    learns = {"student": experiment.student}
    last = Stage(
        "the student learns", learns, partial(objective, learner="student", parents=above), frozen=above
    )
    return [*before, last]
