"""The PyTorch that a recipe means, as text, and which of its lines are other than before."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from dashboard.data import dataset_choices, network_choices, torch_imports
from dashboard.data.trained_teachers import teacher_card
from kdcore.errors import StillroomError
from kdcore.experiment import Experiment


@dataclass(frozen=True)
class TrainingCode:
    """The lines that train twin and student; where there are none, why, in a sentence.

    Attributes:
        text: the core of the script that a run with this recipe exports; empty where it has no script.
        refused: why it has none; empty where it has one.
    """

    text: str = ""
    refused: str = ""


def training_code(experiment: Experiment) -> TrainingCode | None:
    """The code of an experiment that need not have been trained; None until torch is imported."""
    if not torch_imports.warm():
        return None
    card = teacher_card(experiment.teacher)
    teacher = network_choices.network_of(card) if card else experiment.teacher
    return _code(experiment.to_json(), *dataset_choices.shape(experiment), teacher)


@lru_cache(maxsize=256)
def _code(experiment: str, shape: tuple[int, int, int], classes: int, teacher: str) -> TrainingCode:
    from kdcore.export import training_script

    wanted = Experiment.from_json(experiment)
    try:
        if refused := training_script.recipe_refusal(wanted, shape, classes, teacher):
            return TrainingCode(refused=refused)
        return TrainingCode(
            training_script.core_code(training_script.planned_core(wanted, shape, classes, teacher))
        )
    except StillroomError as error:  # networks and images do not fit: the recipe says so too
        return TrainingCode(refused=str(error))


def changed_lines(before: str, now: str) -> tuple[int, ...]:
    """The lines of `now`, counted from 1, that `before` does not have at that place; empty lines are none."""
    lines = now.splitlines()
    blocks = SequenceMatcher(None, before.splitlines(), lines, autojunk=False).get_opcodes()
    changed = [line for kind, _i, _j, start, end in blocks if kind != "equal" for line in range(start, end)]
    return tuple(line + 1 for line in changed if lines[line].strip())
