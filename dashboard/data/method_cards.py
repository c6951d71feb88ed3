"""The methods as pages show them: cards, code, diagrams and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from dashboard.data import torch_imports
from dashboard.text.field_labels import value_text
from dashboard.text.translation import _
from kdcore import plugins
from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.runs.run_record import Run

if TYPE_CHECKING:
    from kdcore.plan import Card, Stage
    from kdcore.studies.method_comparison import Comparison
    from kdcore.studies.method_wiring import Wiring
    from kdcore.studies.reproduction_runs import MeasuredPaper

TEACHERS_FIELDS = ("temperature", "teacher_weight")


@cache
def _cards() -> dict[str, Card]:
    from kdcore.methods.registry import cards

    return {card.name: card for card in cards()}


def cards() -> dict[str, Card]:
    """The methods' cards by name; none until torch is imported."""
    return _cards() if torch_imports.warm() else {}


def methods_by_transfer() -> list[str]:
    """The methods' names, those that transfer the same beside each other, responses first."""
    by_name = cards()
    order = {
        name: (not card.transfers.startswith("responses"), card.transfers) for name, card in by_name.items()
    }
    return sorted(by_name, key=lambda name: (*order[name], _(by_name[name].title)))


def method_titles() -> dict[str, str]:
    """The methods' names on screen; none until torch is imported."""
    return {name: _(card.title) for name, card in cards().items()}


def value_title(field: str, value: object) -> str:
    """A field's value as readers are shown it: methods and faults by their titles, methods by their names until torch is imported."""
    if field == "method":
        return method_titles().get(str(value), str(value))
    return value_text(value, field)


def unused(experiment: Experiment, name: str) -> bool:
    """Whether the field is one of the teacher's (temperature, weight) and the method's loss does not read it."""
    card = cards().get(experiment.method)
    return card is not None and name in TEACHERS_FIELDS and name not in card.uses


def asks_teacher(experiment: Experiment) -> bool:
    """Whether the method learns from a teacher; without one, a teacher that is at hand is a reference only."""
    if not torch_imports.warm():
        return True
    from kdcore.methods import stages

    try:
        return stages.asks_teacher(experiment)
    except InvalidExperiment:  # the recipe's own check says so
        return True


def is_taught_by_soft_targets(experiment: Experiment) -> bool:
    """Whether the student's loss is cross-entropy and the divergence from the teacher's softened answers, and nothing else."""
    if not torch_imports.warm():
        return False
    from kdcore.methods.objectives import soft_targets_and_labels
    from kdcore.methods.stages import stages_of

    try:
        return [stage.objective for stage in stages_of(experiment)] == [soft_targets_and_labels]
    except InvalidExperiment:  # the recipe's own check says so
        return False


def uncalibrated(experiment: Experiment) -> str:
    """Why the student's probabilities cannot be taken at their word; empty where they can, and until torch is imported."""
    if not torch_imports.warm():
        return ""
    from kdcore.methods import stages

    try:
        return stages.uncalibrated(experiment)
    except InvalidExperiment:  # a method or a setting that is gone
        return ""


def wired(method: str, settings: Mapping[str, float]) -> list[tuple[Stage, Wiring]]:
    """A method's stages and their wiring; none until torch is imported, or where the settings do not fit."""
    if not torch_imports.warm():
        return []
    from kdcore.studies import method_wiring

    try:
        return method_wiring.wired(method, tuple(sorted(settings.items())))
    except InvalidExperiment:  # the recipe's own check says so
        return []


def plugin_of(method: str) -> str:
    """The plugin that brings the method, as a page names it; empty for the project's own."""
    plugin = plugins.origin(method) if torch_imports.warm() else None
    return plugin.title if plugin else ""


def plugin_differences(run: Run) -> list[str]:
    """A sentence for each plugin of a run that is gone, or has changed since; none until torch is imported."""
    kept = run.results.get("plugins")
    return plugins.differences(kept) if kept and torch_imports.warm() else []


@cache
def code(method: str) -> dict[str, str]:
    """The source of a method and of its losses, by name."""
    from kdcore.methods import source

    return source.code(method)


@cache
def comparisons() -> list[Comparison]:
    """The measured comparisons of methods that come with the program."""
    from kdcore.studies import method_comparison

    return method_comparison.kept()


@cache
def reproductions() -> list[MeasuredPaper]:
    """The papers measured again that come with the program."""
    from kdcore.studies import reproduction_runs

    return reproduction_runs.kept()
