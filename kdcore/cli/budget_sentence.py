"""What a budget of epochs comes to in steps: with a large batch few steps are left, and a rate that was chosen for more."""

from __future__ import annotations

import math
from pathlib import Path

from kdcore.experiment import Experiment

FEW = 300
"""Steps below which a student has hardly moved: the presets' students take 150 and more of 100 images each, most take thousands."""


def budget_sentence(experiment: Experiment, data_folder: Path) -> str:
    """The students' steps an epoch and in all, and a hint where these are few."""
    from kdcore.data import catalogue

    there = catalogue.entry(experiment.dataset, data_folder).images
    images = max(1, experiment.count or round(there * experiment.fraction))
    each = math.ceil(images / experiment.recipe.batch_size)
    steps = each * experiment.recipe.epochs
    told = f"students: {steps:,} steps, {each:,} an epoch, of {min(images, experiment.recipe.batch_size):,} images"
    hint = f". Fewer than {FEW} steps teach little: more epochs, a smaller batch, or a higher learning rate for a large one"
    return told + (hint if steps < FEW else "")
