"""The teacher in training mode: dropout and batch statistics make it say something else each time."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from kdcore.experiment import Experiment
from kdcore.faults.altered_teacher import AlteredTeacher
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.networks.feature_points import Taps
from kdcore.plan import Output
from kdcore.system.precision import autocast
from kdcore.texts import N_
from kdcore.training.batch_sampler import InputBatch
from kdcore.training.teacher_outputs import TeacherOutputs

CARD = FaultCard(
    name="teacher-in-training-mode",
    title=N_("The teacher in training mode"),
    wrong=N_(
        "teacher.eval() was forgotten, or student.train() reached the teacher too. Dropout goes on drawing and batch "
        "normalisation takes its statistics from the batch: the teacher says something else of the same image each time."
    ),
    shows=N_(
        "The soft loss is larger and does not fall as far as with a teacher that says the same each time."
    ),
    met=N_(
        "haitongli/knowledge-distillation-pytorch, issue 25; super-gradients, pull request 145; torchdistill, pull "
        "request 333; trl, pull request 5862. On purpose in overhaul-distillation, issue 37."
    ),
    mend="teacher.eval()",
    caught_by=N_("Asked twice about the same image, alone or among others, the teacher says the same."),
    hook="teacher",
)


@torch.no_grad()
def sound(teacher: nn.Module, images: Tensor) -> Tensor:
    """The teacher's logits [N, C] for a batch."""
    teacher.eval()
    logits: Tensor = teacher(images)
    return logits


@torch.no_grad()
def faulty(teacher: nn.Module, images: Tensor) -> Tensor:
    """The teacher's logits [N, C] for a batch."""
    teacher.train()
    logits: Tensor = teacher(images)
    return logits


def invariant(ask: Version) -> bool:
    """The same answer twice, and the same for an image by itself."""
    images = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    drops, normalises = nn.Sequential(nn.Dropout(0.5), nn.Linear(5, 3)), nn.BatchNorm1d(5)
    twice = torch.equal(ask(drops, images), ask(drops, images))
    return twice and torch.allclose(ask(normalises, images)[:2], ask(normalises, images[:2]))


def hooks(version: Version) -> Hooks:
    """What a copy of the teacher says for the batch's images: the sound one keeps its statistics."""

    def altered(teacher: TeacherOutputs) -> TeacherOutputs:
        network = deepcopy(teacher.network)

        def for_batch(asked: TeacherOutputs, batch: InputBatch) -> Output:
            with torch.random.fork_rng(devices=[]), autocast(asked.device, asked.precision):
                torch.manual_seed(_seed(batch.indices))
                with Taps(network, asked.points) as features:
                    logits = version(network, batch.images)
            return Output(logits, features).float()

        return AlteredTeacher(teacher, for_batch)

    return Hooks(teacher=altered)


def _seed(indices: Tensor) -> int:
    """What dropout draws depends on the batch alone, so that a run that resumes draws the same."""
    places = torch.arange(1, len(indices) + 1, device=indices.device)
    return int((indices * places).sum())


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """A network without dropout and batch normalisation is the same in both modes."""
    if any(isinstance(module, (nn.Dropout, _BatchNorm)) for module in teacher.modules()):
        return ""
    return N_(
        "This teacher has neither dropout nor batch normalisation: training mode changes nothing. Choose another teacher."
    )
