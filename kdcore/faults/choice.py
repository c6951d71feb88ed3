"""The fault of an experiment: the one that it names, or the one that its riddle hides."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.faults.badge import riddle_seed
from kdcore.faults.contract import SOUND, Fault, Hooks
from kdcore.faults.registry import fault, faults
from kdcore.faults.riddles import hidden
from kdcore.methods.stages import asks_teacher
from kdcore.texts import N_

WITHOUT_TEACHER = N_(
    "A fault is in what a student learns from its teacher, and this method asks none. Choose another method, or no fault."
)


def fault_of(experiment: Experiment, teacher: nn.Module, runs_folder: Path) -> Fault | None:
    """The fault that a run of this experiment has; None without one, and where a riddle hides none.

    teacher: the network of its teacher, whatever its weights. runs_folder: where the secret of its riddles is kept.

    Raises:
        InvalidExperiment: no such fault, or one that this experiment cannot have.
    """
    if not experiment.fault:
        return None
    if not asks_teacher(experiment):
        raise InvalidExperiment(WITHOUT_TEACHER)
    seed = riddle_seed(experiment.fault)
    if seed is not None:
        return hidden(seed, hideable(experiment, teacher), runs_folder)
    named = fault(experiment.fault)
    if sentence := named.refusal(experiment, teacher):
        raise InvalidExperiment(sentence)
    return named


def hideable(experiment: Experiment, teacher: nn.Module) -> list[Fault]:
    """The faults that a riddle in this experiment may hide, by name."""
    return [one for one in faults().values() if one.CARD.in_riddles and not one.refusal(experiment, teacher)]


def hooks_of(chosen: Fault | None) -> Hooks:
    """Where a run differs from a sound one."""
    return SOUND if chosen is None else chosen.hooks(chosen.faulty)
