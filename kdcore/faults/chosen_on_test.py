"""The best epoch chosen on test: the test images choose what is then measured on them."""

from __future__ import annotations

import torch
from torch import nn

from kdcore.data.datasets import Dataset, Split
from kdcore.experiment import Experiment
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.texts import N_

CARD = FaultCard(
    name="chosen-on-test",
    title=N_("The best epoch chosen on test"),
    wrong=N_(
        "The network is tested after every epoch, and the best epoch is kept and reported. The test images chose it: its "
        "errors on them are the least of many, not what new images would give."
    ),
    shows=N_(
        "The weights that are kept are not those of the best validation: the validation error of the result lies above "
        "the lowest point of its curve. On test the run looks better than it is."
    ),
    met=N_(
        "Asked about in RepDistiller, issue 59 (no images apart from test to choose by), and mdistiller, issue 7 (is it "
        "the best test accuracy?)."
    ),
    mend="best = min(epochs, key=validation_errors)",
    caught_by=N_("The images that choose share none with those that test."),
    hook="chosen_on",
)


def sound(dataset: Dataset) -> Split:
    """The images by which the epoch is chosen."""
    return dataset.validation


def faulty(dataset: Dataset) -> Split:
    """The images by which the epoch is chosen."""
    return dataset.test


def invariant(chooses: Version) -> bool:
    """What chooses is not what tests."""
    train, validation, test = (
        Split(torch.full((2, 1, 1, 1), float(n)), torch.zeros(2, dtype=torch.long)) for n in range(3)
    )
    dataset = Dataset("a", "A", ("a", "b"), train, validation, test, (0.0,), (1.0,))
    return not torch.isin(chooses(dataset).images, test.images).any()


def hooks(version: Version) -> Hooks:
    """The images that choose the epoch."""
    return Hooks(chosen_on=version)


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Where the last epoch is kept, nothing is chosen."""
    if experiment.recipe.keep != "best":
        return N_("Nothing is chosen where the last weights are kept: set keep to best.")
    return ""
