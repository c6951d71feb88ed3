"""The core of the program: the settings, the networks, the loss and the loop, before any run has been trained or from one that was.

The program of a run holds these texts as they are, and the Train page shows them for the settings that it has: there is one
text of what is trained.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field

from kdcore.experiment import Experiment
from kdcore.export.network_source import NetworkSource, network_source
from kdcore.export.training_script.template_rendering import render
from kdcore.networks import Shape
from kdcore.recipe import Recipe

PARTS = ("settings", "teacher", "student", "loss", "training")
"""The parts of a core, in the order in which the program has them; each is a template in `templates/core`."""


@dataclass(frozen=True)
class TrainingCore:
    """What is trained, as the templates of the core see it.

    Attributes:
        experiment: what is asked for.
        has_teacher: whether the method has a teacher; without one there is no twin either.
        student: the student's layers.
        teacher: the teacher's layers; None where they cannot be written or there is none.
        bfloat16: whether training steps are computed in bfloat16, not in float32.
        hot_changes: the settings that were changed while the students trained, by step.
        steps: how many there were where the run ended before its last epoch; None where it did not.
    """

    experiment: Experiment
    has_teacher: bool
    student: NetworkSource
    teacher: NetworkSource | None
    bfloat16: bool = False
    hot_changes: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    steps: int | None = None

    @property
    def recipe(self) -> Recipe:
        """How the students are trained."""
        return self.experiment.recipe

    @property
    def keeps_best(self) -> bool:
        """Whether the weights with the fewest validation errors are kept, not the last ones."""
        return self.recipe.keep == "best"

    @property
    def ended_early(self) -> bool:
        """Whether the run was stopped, or stopped itself, before its last epoch."""
        return self.steps is not None

    @property
    def distillation_loss(self) -> str:
        """The source of the method's loss."""
        from kdcore.methods.source import plain_losses

        return inspect.getsource(plain_losses()[self.experiment.method]).rstrip()

    @property
    def further_arguments(self) -> str:
        """What the method's loss takes behind the first five, as it is called in the loop."""
        from kdcore.methods.source import plain_arguments

        steps = "STEPS" if self.ended_early else "EPOCHS * PER_EPOCH"
        facts = {
            "labels": "labels[chosen]",
            "progress": f"step / ({'EPOCHS * PER_EPOCH' if self.ended_early else steps})",
        }
        given = plain_arguments(self.experiment)
        return "".join(f", {name}={facts.get(name, repr(value))}" for name, value in given.items())


def core_parts(core: TrainingCore) -> dict[str, str]:
    """The source of each part, by its name in PARTS; without a teacher there is no such part."""
    names = [name for name in PARTS if name != "teacher" or core.has_teacher]
    return {name: render(f"core/{name}.py.jinja", core=core) for name in names}


def core_code(core: TrainingCore) -> str:
    """All parts as one text."""
    return "\n\n\n".join(core_parts(core).values()) + "\n"


def planned_core(experiment: Experiment, shape: Shape, classes: int, teacher: str) -> TrainingCore:
    """The core of an experiment that has not been trained. It has to be one that `recipe_refusal` does not refuse.

    shape, classes: of its images. teacher: the name of the teacher's network. A precision that is left to the machine is
    chosen when the run begins; until then it is float32.
    """
    from kdcore.methods.stages import asks_teacher

    student = network_source(experiment.student, shape, classes)
    assert student is not None, "refused before"
    has_teacher = asks_teacher(experiment)
    known = network_source(teacher, shape, classes) if has_teacher else None
    return TrainingCore(experiment, has_teacher, student, known, experiment.precision == "bfloat16")
