"""Pseudo-labels: first the teacher's answers as labels, then the student's own confident ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch

from kdcore.experiment import Experiment
from kdcore.losses.response import label_cross_entropy
from kdcore.methods.settings import parameters
from kdcore.plan import Batch, Card, Labels, Notes, Parameter, Stage, Term, TransferView
from kdcore.texts import N_

CARD = Card(
    name="pseudo-labels",
    title=N_("Pseudo-labels"),
    transfers=N_("responses"),
    what=N_(
        "The teacher's most likely class replaces the label; in the second stage the student's own confident answers do. "
        "It carries no dark knowledge: what it gains, cleaner labels explain."
    ),
    formula=r"\mathcal{L} = (1-w)\,\mathrm{CE}(y, z) + w\,\mathrm{CE}(\hat y, z),\quad \hat y = \arg\max v,\ \text{then}\ \arg\max z",
    symbols={
        "z": N_("the student's logits"),
        "v": N_("the teacher's logits"),
        "y": N_("the label"),
        "w": N_("the weight on teacher"),
    },
    citation="Lee 2013, Pseudo-label: the simple and efficient semi-supervised learning method, equations 15 and 16",
    cost=N_(
        "One forward pass of the teacher over the transfer set, and one of the student between the stages."
    ),
    hurts=N_("A student that is confident and wrong teaches itself its mistakes."),
    uses=("teacher_weight",),
    parameters=(
        Parameter(
            "own_share",
            0.5,
            0.0,
            0.9,
            N_("Share of the epochs spent on the student's own answers."),
            "our choice",
        ),
        Parameter(
            "confidence",
            0.95,
            0.0,
            1.0,
            N_("The least probability at which an own answer counts."),
            "Sohn et al. 2020, FixMatch",
        ),
    ),
    controls={"argmax": {"own_share": 0.0}},
    views=("curve",),
)


def teachers_answers(view: TransferView) -> Notes:
    """The teacher's argmax for every image of the transfer set, with the share on which it disagrees with the label."""
    answers = view.logits("teacher").argmax(dim=-1)
    seen = torch.ones_like(answers, dtype=torch.bool) if view.labels.known is None else view.labels.known
    differs = (answers != view.labels.index)[seen].float().mean().item() if seen.any() else 0.0
    return Notes(
        {"answers": answers, "counts": torch.ones_like(answers, dtype=torch.bool)},
        {"teacher against label": differs},
    )


def own_answers(view: TransferView, confidence: float) -> Notes:
    """The student's argmax where its probability reaches `confidence`; the other images do not count."""
    sure, answers = view.logits("student").softmax(dim=-1).max(dim=-1)
    counts = sure >= confidence
    return Notes({"answers": answers, "counts": counts}, {"confident": counts.float().mean().item()})


def objective(batch: Batch) -> Sequence[Term]:
    """(1-w) CE with the labels + w CE with the noted answers that count."""
    student = batch.outputs["student"].logits
    counts, other = batch.notes["counts"], batch.partner_notes.get("answers")
    if other is not None:
        counts = counts & batch.partner_notes["counts"]
    answers = Labels(batch.notes["answers"], counts, other, batch.labels.share)
    hard = label_cross_entropy(student, batch.labels, batch.label_smoothing)
    pseudo = label_cross_entropy(student, answers)
    return [
        Term("student", "labels", "labels", hard, 1 - batch.teacher_weight),
        Term("student", "pseudo-labels", "teacher", pseudo, batch.teacher_weight),
    ]


def plan(experiment: Experiment) -> list[Stage]:
    """The teacher's answers, then the student's own (none when their share is 0)."""
    settings = parameters(experiment)
    learns = {"student": experiment.student}
    own = settings["own_share"]
    first = Stage(
        "teacher's answers", learns, objective, ("teacher",), prepare=teachers_answers, share=1 - own
    )
    second = Stage(
        "own answers",
        learns,
        objective,
        prepare=partial(own_answers, confidence=settings["confidence"]),
        share=own,
    )
    return [first, second] if own else [first]
