"""What the templates read of a run: its settings as it had them, and its networks as chains of layers."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kdcore.data import catalogue
from kdcore.experiment import Experiment
from kdcore.export.recorded_run import RecordedRun
from kdcore.export.sequential_source import SequentialSource, sequential_source_of
from kdcore.recipe import Recipe

ImageSource = Literal["digits", "idx", "matlab", "cifar", "folder"]
"""How a dataset's images are read; `templates/read_images` has a file for each."""


@dataclass(frozen=True)
class ScriptRun:
    """A run as the templates see it.

    Attributes:
        record: the run as it was recorded.
        here: the Python expression for the folder in which the script's files lie.
        has_teacher: whether the method has a teacher; without one there is no twin either.
        student: the student's layers.
        teacher: the teacher's layers; None where it branches or there is none.
        hot_changes: the settings that were changed while the students trained, by step.
    """

    record: RecordedRun
    here: str
    has_teacher: bool
    student: SequentialSource
    teacher: SequentialSource | None
    hot_changes: Mapping[int, Mapping[str, float]]

    @property
    def experiment(self) -> Experiment:
        """What the run was asked to do."""
        return self.record.run.experiment

    @property
    def recipe(self) -> Recipe:
        """How the students were trained."""
        return self.experiment.recipe

    @property
    def results(self) -> Mapping[str, Any]:
        """The run's results, by role and topic."""
        return self.record.run.results

    @property
    def dataset(self) -> Mapping[str, Any]:
        """The facts of the run's images: title, shape, classes, mean, std and counts."""
        facts: Mapping[str, Any] = self.results["dataset"]
        return facts

    @property
    def threads(self) -> int:
        """The threads that torch had."""
        return int(self.results["threads"])

    @property
    def bfloat16(self) -> bool:
        """Whether training steps were computed in bfloat16, not in float32."""
        return self.results.get("precision") == "bfloat16"

    @property
    def keeps_best(self) -> bool:
        """Whether the weights with the fewest validation errors are kept, not the last ones."""
        return self.recipe.keep == "best"

    @property
    def steps(self) -> int:
        """The steps that the students were trained for."""
        epochs: float = self.results["epochs"]
        return round(epochs * self._steps_per_epoch)

    @property
    def ended_early(self) -> bool:
        """Whether the run was stopped, or stopped itself, before its last epoch."""
        return self.steps < self.recipe.epochs * self._steps_per_epoch

    @property
    def _steps_per_epoch(self) -> int:
        images: int = self.dataset["images"]["transfer"]
        return -(-images // self.recipe.batch_size)

    @property
    def has_own_file(self) -> bool:
        """Whether the program is a file that takes arguments; a notebook is none."""
        return "__file__" in self.here

    @property
    def image_source(self) -> ImageSource:
        """How the images are read."""
        if self.experiment.dataset == "digits":
            return "digits"
        source = catalogue.SOURCES.get(self.experiment.dataset)
        if source is None:
            return "folder"
        if source.files == catalogue.IDX:
            return "idx"
        return "matlab" if source.files == catalogue.MATLAB else "cifar"

    @property
    def torchvision_class(self) -> str:
        """The class of torchvision that reads the dataset; empty where there is none."""
        source = catalogue.SOURCES.get(self.experiment.dataset)
        return source.torchvision if source else ""

    @property
    def distillation_loss(self) -> str:
        """The source of the method's loss."""
        from kdcore.methods.source import plain_losses

        return inspect.getsource(plain_losses()[self.experiment.method]).rstrip()


def script_run(record: RecordedRun, here: str) -> ScriptRun:
    """What the templates read of a run that is not refused."""
    from kdcore.methods.stages import asks_teacher

    student = sequential_source_of(record, "student")
    assert student is not None, "refused before"
    has_teacher = asks_teacher(record.run.experiment)
    teacher = sequential_source_of(record, "teacher") if has_teacher else None
    return ScriptRun(record, here, has_teacher, student, teacher, _hot_changes(record))


def _hot_changes(record: RecordedRun) -> dict[int, dict[str, float]]:
    changes: dict[int, dict[str, float]] = {}
    for event in record.events:
        if event.kind == "HotChange" and event.phase == "students":
            change = event.payload
            changes.setdefault(change["step"], {})[change["setting"]] = change["value"]
    return changes
