"""What a budget of epochs comes to in steps: with a large batch few steps are left, and a rate that was chosen for more."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kdcore.experiment import Experiment

FEW = 300
"""Steps below which a student has hardly moved: the presets' students take 150 and more of 100 images each, most take thousands."""


@dataclass(frozen=True)
class StepBudget:
    """The students' steps.

    Attributes:
        steps: in all, where nothing ends the run early.
        each: of an epoch.
        images: of a step.
        exact: whether the images were counted; those of a class that is left out are not.
    """

    steps: int
    each: int
    images: int
    exact: bool

    @property
    def few(self) -> bool:
        """Whether so few steps teach little."""
        return self.steps < FEW


def step_budget(experiment: Experiment, there: int) -> StepBudget:
    """The steps of an experiment's students. there: images to train on that the dataset has."""
    images = max(1, experiment.count or round(there * experiment.fraction))
    each = math.ceil(images / experiment.recipe.batch_size)
    exact = experiment.count is not None or not (experiment.omit or experiment.train_on_validation)
    return StepBudget(each * experiment.recipe.epochs, each, min(images, experiment.recipe.batch_size), exact)
