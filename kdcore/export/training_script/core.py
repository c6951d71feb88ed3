"""The core of the program: the settings, the networks, the loss and the loop, before any run has been trained or from one that was.

The program of a run holds these texts as they are, and the Train page shows them for the settings that it has: there is one
text of what is trained.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from kdcore.experiment import Experiment
from kdcore.export.network_source import NetworkSource, network_source
from kdcore.export.training_script.first_adapters import adapter_sources
from kdcore.export.training_script.template_rendering import render
from kdcore.networks import Shape
from kdcore.recipe import Recipe

PARTS = ("settings", "teacher", "student", "loss", "training")
"""The parts of a core, in the order in which the program has them; each is a template in `templates/core`."""
PLAIN_LOSS = "plain_loss"
WIDEST = 110
"""Characters of a line, at most."""


@dataclass(frozen=True)
class TrainingCore:
    """What is trained, as the templates of the core see it.

    Attributes:
        experiment: what is asked for.
        has_teacher: whether the method has a teacher; without one there is no twin either.
        student: the student's layers.
        teacher: the teacher's layers; None where they cannot be written or there is none.
        adapters: the source of each module that learns beside the student, by name.
        bfloat16: whether training steps are computed in bfloat16, not in float32.
        hot_changes: the settings that were changed while the students trained, by step.
        steps: how many there were where the run ended before its last epoch; None where it did not.
    """

    experiment: Experiment
    has_teacher: bool
    student: NetworkSource
    teacher: NetworkSource | None
    adapters: Mapping[str, str] = field(default_factory=dict)
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
        """The source of the method's loss, and of what it calls."""
        from kdcore.methods.source import plain_source

        return plain_source(self.experiment.method)

    @property
    def reads(self) -> Collection[str]:
        """What the method's loss takes, by name."""
        from kdcore.methods.source import plain_arguments

        return plain_arguments(self.experiment)

    @property
    def asks_each_batch(self) -> bool:
        """Whether the teacher sees every batch: under augmentation, and where its features are read."""
        return self.has_teacher and (self.recipe.augments or "teacher_features" in self.reads)

    @property
    def loss_call(self) -> str:
        """The call of the method's loss in the loop: `loss` is the cross-entropy with the labels before it."""
        from kdcore.methods.source import plain_arguments

        facts = self._facts()
        given = plain_arguments(self.experiment).items()
        seen = [facts[name] for name, _ in given if name in facts]
        settings = [f"{name}={_spelled(value)}" for name, value in given if name not in facts]
        return _broken(f"loss = {PLAIN_LOSS}", [seen, settings], 12)

    def _facts(self) -> dict[str, str]:
        """What stands in the loop for each of a plain loss's BATCH_FACTS."""
        features = "network.features"
        return {
            "student": "logits",
            "teacher": "teacher_logits" if self.asks_each_batch else "teacher_logits[chosen]",
            "hard": "loss",
            "temperature": self.setting("temperature"),
            "weight": self.setting("teacher_weight"),
            "labels": "labels[chosen]",
            "progress": "step / (EPOCHS * PER_EPOCH)",
            "features": f"in_float32({features})" if self.bfloat16 else features,
            "teacher_features": "in_float32(teacher.features)" if self.bfloat16 else "teacher.features",
            "adapters": "adapters",
        }

    def setting(self, name: str) -> str:
        """What stands in the loop for a setting that may have changed while the run trained."""
        return f'settings["{name}"]' if self.hot_changes else name.upper()


def _spelled(value: object) -> str:
    """A setting's value as source, as the templates have it."""
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _broken(call: str, arguments: Sequence[Sequence[str]], indent: int) -> str:
    """The call on one line where it fits, else each group of arguments on a line of its own; so far in."""
    groups = [", ".join(group) for group in arguments if group]
    line = f"{call}({', '.join(groups)})"
    if indent + len(line) <= WIDEST:
        return line
    inside = "".join(f"{' ' * (indent + 4)}{group},\n" for group in groups)
    return f"{call}(\n{inside}{' ' * indent})"


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
    from kdcore.methods.source import plain_taps
    from kdcore.methods.stages import asks_teacher

    taps = plain_taps(experiment)
    student = network_source(experiment.student, shape, classes, taps["student"])
    assert student is not None, "refused before"
    has_teacher = asks_teacher(experiment)
    known = network_source(teacher, shape, classes, taps["teacher"]) if has_teacher else None
    adapters = adapter_sources(experiment, teacher, shape, classes)
    return TrainingCore(experiment, has_teacher, student, known, adapters, experiment.precision == "bfloat16")
