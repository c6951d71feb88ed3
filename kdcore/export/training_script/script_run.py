"""What the templates read of a run: its settings as it had them, and its networks as chains of layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kdcore.data import catalogue
from kdcore.experiment import Experiment
from kdcore.export.network_source import network_source_of
from kdcore.export.recorded_run import RecordedRun
from kdcore.export.training_script.core import TrainingCore
from kdcore.export.training_script.first_adapters import adapter_sources
from kdcore.recipe import Recipe

ImageSource = Literal["digits", "idx", "matlab", "cifar", "folder"]
"""How a dataset's images are read; `templates/read_images` has a file for each."""


@dataclass(frozen=True)
class ScriptRun:
    """A run as the templates see it.

    Attributes:
        record: the run as it was recorded.
        here: the Python expression for the folder in which the script's files lie.
        core: what was trained.
    """

    record: RecordedRun
    here: str
    core: TrainingCore

    @property
    def has_teacher(self) -> bool:
        """Whether the method has a teacher; without one there is no twin either."""
        return self.core.has_teacher

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
    def keeps_best(self) -> bool:
        """Whether the weights with the fewest validation errors are kept, not the last ones."""
        return self.core.keeps_best

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


def script_run(record: RecordedRun, here: str) -> ScriptRun:
    """What the templates read of a run that is not refused."""
    from kdcore.methods.source import plain_taps
    from kdcore.methods.stages import asks_teacher

    experiment, results = record.run.experiment, record.run.results
    taps = plain_taps(experiment)
    student = network_source_of(record, "student", taps["student"])
    assert student is not None, "refused before"
    has_teacher = asks_teacher(experiment)
    core = TrainingCore(
        experiment,
        has_teacher,
        student,
        teacher=network_source_of(record, "teacher", taps["teacher"]) if has_teacher else None,
        adapters=adapter_sources(experiment, results["teacher"]["network"], *record.images)
        if has_teacher
        else {},
        bfloat16=results.get("precision") == "bfloat16",
        hot_changes=_hot_changes(record),
        steps=_steps(record),
    )
    return ScriptRun(record, here, core)


def _steps(record: RecordedRun) -> int | None:
    """The steps that the students were trained for, where the run ended before its last epoch."""
    recipe, images = record.run.experiment.recipe, record.run.results["dataset"]["images"]["transfer"]
    per_epoch = -(-images // recipe.batch_size)
    steps = round(record.run.results["epochs"] * per_epoch)
    return steps if steps < recipe.epochs * per_epoch else None


def _hot_changes(record: RecordedRun) -> dict[int, dict[str, float]]:
    changes: dict[int, dict[str, float]] = {}
    for event in record.events:
        if event.kind == "HotChange" and event.phase == "students":
            change = event.payload
            changes.setdefault(change["step"], {})[change["setting"]] = change["value"]
    return changes
