"""Writing a checkpoint of the training loop, and restoring one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from kdcore.events import Checkpoint
from kdcore.system.stopwatch import Stopwatch
from kdcore.training.best_weights import BestValidation, BestWeights
from kdcore.training.cohort import Cohort
from kdcore.training.cohort_state import StateKey
from kdcore.training.members import NetworkRef, State

COHORT = "cohort/"
"""Before the names of a cohort's tensors."""


@dataclass(frozen=True)
class LoopState:
    """Where a loop is, beside its cohort.

    Attributes:
        step: Steps done.
        learning_rate: The highest learning rate of the schedule, which may have been changed.
        best: The best validation of each network.
        stopwatch: Seconds of training so far.
        diverged: Why members have left whose losses are no numbers, by role.
    """

    step: int
    learning_rate: float
    best: BestWeights
    stopwatch: Stopwatch
    diverged: Mapping[str, str] = field(default_factory=dict)


def write_checkpoint(phase: str, cohort: Cohort, state: LoopState) -> Checkpoint:
    """Everything needed to resume. The tensors are not copies: write them before training continues."""
    tensors = {f"{COHORT}{name}": t for name, t in cohort.state().items()}
    for ref, best in state.best.best.items():
        tensors |= {f"{_best_prefix(ref)}{name}": t for name, t in best.weights.items()}
    values: dict[str, Any] = {
        "stages": cohort.stages,
        "learning_rate": state.learning_rate,
        "temperature": [m.temperature for m in cohort.members],
        "teacher_weight": [m.teacher_weight for m in cohort.members],
        "best": [[r.member, r.network, b.errors, b.nll, b.epoch] for r, b in state.best.best.items()],
        "better_at": state.best.improved_at,
        "threads": torch.get_num_threads(),
        "precision": cohort.active.builder.precision,
        "lanes": cohort.active.builder.lanes,
        "together": cohort.stacked,
        "absent": sorted(cohort.absent),
        "diverged": dict(state.diverged),
        "seconds": state.stopwatch.clock,
        "processor_seconds": state.stopwatch.processor,
    }
    return Checkpoint(phase, state.step, tensors, values)


def restore_checkpoint(checkpoint: Checkpoint, cohort: Cohort, best: BestWeights) -> LoopState:
    """Put the cohort back to a checkpoint, and what was best into `best`; returns where the loop was."""
    values, tensors = checkpoint.values, checkpoint.tensors
    hot_values = zip(cohort.members, values["temperature"], values["teacher_weight"], strict=True)
    for member, temperature, weight in hot_values:
        member.temperature, member.teacher_weight = temperature, weight
    cohort.absent = set(values["absent"])
    cohort.enter(values["stages"], _under(tensors, COHORT))
    best.improved_at = values["better_at"]
    for m, network, errors, nll, epoch in values["best"]:
        ref = NetworkRef(m, network)
        best.best[ref] = BestValidation(errors, nll, epoch, _under(tensors, _best_prefix(ref)))
    stopwatch = Stopwatch(values["seconds"], values["processor_seconds"])
    return LoopState(checkpoint.step, values["learning_rate"], best, stopwatch, values.get("diverged", {}))


def roles_in(checkpoint: Checkpoint) -> set[str]:
    """The roles of the members whose networks a checkpoint holds."""
    names = [name.removeprefix(COHORT) for name in checkpoint.tensors if name.startswith(COHORT)]
    return {StateKey.parse(name).role for name in names}


def _best_prefix(ref: NetworkRef) -> str:
    return f"best/{ref.member}/{ref.network}/"


def _under(tensors: Mapping[str, Tensor], prefix: str) -> State:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
