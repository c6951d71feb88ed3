"""The teacher learning along: the loss moves the teacher toward the student too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.faults.soft_target_loss import only_soft_targets, t_squared
from kdcore.losses.response import label_cross_entropy
from kdcore.plan import TEACHERS_OWN, Batch, Objective, Stage, Term
from kdcore.texts import N_

CARD = FaultCard(
    name="teacher-learns-along",
    title=N_("The teacher learning along"),
    wrong=N_(
        "The teacher's logits were not detached, and the optimiser was given the parameters of both networks. The loss "
        "can fall by the teacher becoming like the student."
    ),
    shows=N_(
        "A gradient reaches the teacher, its own validation error moves, and the soft loss falls faster than it does by "
        "the student's learning alone."
    ),
    met=N_(
        "Asked about in haitongli/knowledge-distillation-pytorch, issue 25. Most losses of RepDistiller and mdistiller "
        "send gradient to a teacher that is not detached: seen by running them."
    ),
    mend="teacher_logits = teacher(images).detach()",
    caught_by=N_("No gradient reaches the teacher."),
    hook="stages",
    in_riddles=False,  # the copy that learns has curves of its own
)


LEARNING = "learning teacher"
"""The copy of the teacher that the student learns from."""


def sound(logits: Tensor) -> Tensor:
    """The teacher's logits as the loss takes them."""
    return logits.detach()


def faulty(logits: Tensor) -> Tensor:
    """The teacher's logits as the loss takes them."""
    return logits


def invariant(taken: Version) -> bool:
    """The teacher's weights get no gradient."""
    teacher = nn.Linear(5, 3)
    return not taken(teacher(torch.ones(2, 5))).requires_grad


def hooks(version: Version) -> Hooks:
    """A plan in which a copy of the teacher is among the networks that learn."""
    objective = _objective(version)

    def with_learning_teacher(stages: Sequence[Stage]) -> list[Stage]:
        return [
            replace(
                stage,
                learns={**stage.learns, LEARNING: TEACHERS_OWN},
                starts_from={**stage.starts_from, LEARNING: "teacher"},
                objective=objective,
            )
            for stage in stages
        ]

    return Hooks(stages=with_learning_teacher)


def _objective(version: Version) -> Objective:
    """The loss of soft targets, which sends gradient to the teacher where `version` lets it."""

    def objective(batch: Batch) -> list[Term]:
        student, w = batch.outputs["student"].logits, batch.teacher_weight
        teacher, temperature = version(batch.outputs[LEARNING].logits), batch.temperature[:, None, None]
        log_q = F.log_softmax(student / temperature, dim=-1)
        log_p = F.log_softmax(teacher / temperature, dim=-1)
        soft = F.kl_div(log_q, log_p, reduction="none", log_target=True).sum(dim=-1).mean(dim=-1)
        labels = label_cross_entropy(student, batch.labels, batch.label_smoothing)
        return [
            Term("student", "labels", "labels", labels, 1 - w),
            Term("student", "soft targets", "teacher", soft, w * t_squared(batch.temperature)),
        ]

    return objective


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Only soft targets have this loss, and only a network can learn along."""
    if not any(True for _ in teacher.parameters()):
        return N_("This teacher is no network and cannot learn along. Choose a trained one.")
    return only_soft_targets(experiment)
