"""The twin given fewer epochs: a gain that is nothing but a longer training."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from kdcore.experiment import Experiment
from kdcore.faults.contract import FaultCard, Hooks, Version
from kdcore.plan import Batch, Objective, Term
from kdcore.texts import N_

CARD = FaultCard(
    name="shorter-twin",
    title=N_("The twin given fewer epochs"),
    wrong=N_(
        "The baseline stops learning after a third of the epochs, while the distilled student has all of them. What looks like the "
        "teacher's help is time."
    ),
    shows=N_(
        "The twin's curve goes flat after a third of the run, its gradients and its loss as it enters the sum end there."
    ),
    met=N_(
        "Of this kind: a baseline trained otherwise than the student it is compared with, knowledge-distillation-pytorch, issue 18 "
        "(there by its augmentation)."
    ),
    mend="twin_epochs = student_epochs",
    caught_by=N_("Twin and student take the same number of steps, whatever the budget."),
    hook="twin",
)


def sound(epochs: int) -> int:
    """The epochs in which the twin learns, of a run of so many."""
    return epochs


def faulty(epochs: int) -> int:
    """The epochs in which the twin learns, of a run of so many."""
    return max(1, epochs // 3)


def invariant(twin_epochs: Version) -> bool:
    """The twin has the student's budget."""
    return all(twin_epochs(epochs) == epochs for epochs in (2, 10, 30))


def hooks(version: Version) -> Hooks:
    """The twin's loss counts for nothing once its epochs are over."""
    run = 3000
    share = version(run) / run

    def until_its_end(objective: Objective) -> Objective:
        def stopped(batch: Batch) -> list[Term]:
            terms = [one for one in objective(batch) if isinstance(one, Term)]
            if batch.progress < share:
                return terms
            return [replace(term, scale=0.0) for term in terms]

        return stopped

    return Hooks(twin=until_its_end)


def refusal(experiment: Experiment, teacher: nn.Module) -> str:
    """Every run has a twin; one of a single epoch cannot be cut short."""
    if experiment.recipe.epochs < 3:
        return N_("The twin is to have a third of the epochs: give the run at least 3.")
    return ""
