"""The settings that a chosen network starts with: those at which soft targets are known to help it within a minute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdcore.experiment import Experiment
from kdcore.studies.starting_settings import FIELDS, JudgedStart, start_of

KIN: Mapping[str, str] = {
    "fashion-mnist": "mnist",
    "kmnist": "mnist",
    "svhn": "cifar10-jpeg",
    "cifar10": "cifar10-jpeg",
    "cifar100": "cifar10-jpeg",
}
"""Datasets that were not measured, and the one of like images whose settings stand in for their own."""
OWN_TEACHER = "teacher"
"""A dataset's own teacher cannot stand in for another's."""


def following(before: Experiment, after: Experiment) -> dict[str, Any]:
    """The settings that change with the dataset or the student; none where any was set by hand."""
    if not untouched(before):
        return {}
    if judged := start_of(after):
        return dict(judged.start.settings)
    kin = start_of(after.with_flat(dataset=KIN.get(after.dataset, after.dataset)))
    return {n: v for n, v in kin.start.settings.items() if n != OWN_TEACHER} if kin else {}


def untouched(experiment: Experiment) -> bool:
    """Whether the settings are those that its network starts with, or the program's defaults."""
    judged = start_of(experiment)
    if judged is not None and judged.start.fits(experiment):
        return True
    flat, defaults = experiment.flat(), Experiment().flat()
    return all(flat[name] == defaults[name] for name in FIELDS if name != OWN_TEACHER)


def with_start(experiment: Experiment, judged: JudgedStart) -> Experiment:
    """The experiment with the settings that its network starts with."""
    return experiment.with_flat(**judged.start.settings)
