"""The weight on teacher reversed: the share that was meant for one side goes to the other."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from kdcore.experiment import Experiment
from kdcore.faults.altered_teacher import any_teacher
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.plan import Batch, Drawing, Figure, Objective, Term
from kdcore.texts import N_

CARD = FaultCard(
    name="weight-reversed",
    title=N_("The weight reversed"),
    wrong=N_(
        "Alpha is the teacher's share in one code base and the labels' share in another. Read the other way round, a "
        "weight on teacher of 0.9 gives the teacher a tenth."
    ),
    shows=N_(
        "At a weight of 0.9 the labels' loss enters the sum nine times too large and the soft loss nine times too small; "
        "at 0.5 nothing is to be seen."
    ),
    met=N_(
        "Alpha is the teacher's share in haitongli/knowledge-distillation-pytorch, attention-transfer, Teacher-free-KD "
        "and TAKD, and the labels' share in torchdistill, Keras and gnosis."
    ),
    mend="loss = (1 - weight) * hard + weight * soft",
    caught_by=N_("At a weight on teacher of 1 the labels count for nothing."),
    hook="student",
)


def sound(weight: Tensor) -> Tensor:
    """The teacher's share of the loss, of the weight on teacher; the labels get the rest."""
    return weight


def faulty(weight: Tensor) -> Tensor:
    """The teacher's share of the loss, of the weight on teacher; the labels get the rest."""
    return 1 - weight


def invariant(teachers_share: Version) -> bool:
    """All the weight on the teacher leaves the labels none."""
    return float(1 - teachers_share(torch.tensor(1.0))) == 0


def hooks(version: Version) -> Hooks:
    """The weight that the student's loss is given."""

    def reweighted(objective: Objective) -> Objective:
        def on_batch(batch: Batch) -> list[Term | Figure | Drawing]:
            return [*objective(replace(batch, teacher_weight=version(batch.teacher_weight)))]

        return on_batch

    return Hooks(student=reweighted)


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Every loss that asks a teacher can have it."""
    return any_teacher(experiment, teacher)
