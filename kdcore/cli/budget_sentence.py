"""What a budget of epochs comes to in steps, in a sentence, and a hint where these are few."""

from __future__ import annotations

from pathlib import Path

from kdcore.experiment import Experiment
from kdcore.pipelines.step_budget import FEW, step_budget


def budget_sentence(experiment: Experiment, data_folder: Path) -> str:
    """The students' steps an epoch and in all, and a hint where these are few."""
    from kdcore.data import catalogue

    budget = step_budget(experiment, catalogue.entry(experiment.dataset, data_folder).images)
    told = f"students: {budget.steps:,} steps, {budget.each:,} an epoch, of {budget.images:,} images"
    hint = f". Fewer than {FEW} steps teach little: more epochs, a smaller batch, or a higher learning rate for a large one"
    return told + (hint if budget.few else "")
