"""Labels only: how the twin and every teacher learn."""

from __future__ import annotations

from torch import Tensor

from kdcore.experiment import Experiment
from kdcore.methods.objectives import labels_alone
from kdcore.plan import Card, Stage
from kdcore.texts import N_

CARD = Card(
    name="labels-only",
    title=N_("Labels only"),
    transfers=N_("nothing"),
    what=N_("Ordinary training on the labels: the fair comparison that every distillation needs."),
    formula=r"\mathcal{L} = -\log \mathrm{softmax}(z)_y",
    symbols={"z": N_("the student's logits"), "y": N_("the label")},
    citation="Bridle 1990, Probabilistic interpretation of feedforward classification network outputs",
    cost=N_("One forward and one backward pass of the student."),
    hurts=N_("It cannot learn what the labels do not say."),
)


def plain_loss(hard: Tensor) -> Tensor:
    """Cross-entropy with the labels: `hard`."""
    return hard


def plan(experiment: Experiment) -> list[Stage]:
    """One stage, one term."""
    return [Stage("labels", {"student": experiment.student}, labels_alone)]
