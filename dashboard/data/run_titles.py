"""What a run is called in a picker and beside other runs, by its settings."""

from __future__ import annotations

from typing import Any

from dashboard.data import fault_cards, method_cards
from dashboard.text.field_labels import value_text
from dashboard.text.numbers import grouped
from dashboard.text.translation import _, listing
from kdcore.experiment import Experiment
from kdcore.experiment_fields import field_label
from kdcore.runs import run_names
from kdcore.runs.run_record import Run
from kdcore.studies.presets import PRESETS


def setting_text(field: str, value: Any) -> str:
    """A setting in a name: a word by itself, a number with what it is."""
    if field == "method":
        return method_cards.value_title(field, value)
    if field == run_names.SEED:
        return _("seed {n}").format(n=value)
    if field in run_names.SEEDS:
        return f"{field_label(field, _)} {value}"
    if field == "teacher_weight":
        return _("weight {w}").format(w=value_text(value))
    if field == "count":
        return _("all images") if value is None else _("{n} images").format(n=grouped(value))
    if field == "omit":
        return _("without {classes}").format(classes=value_text(value)) if value else _("all classes")
    if isinstance(value, str):
        return value_text(value, field) if value else value
    return f"{field_label(field, _)} = {value_text(value)}"


DEFAULT_EXPERIMENT = Experiment()
TITLE_FIELDS = ("count", "fraction", "omit", "hidden_labels", "label_noise", "epochs", "init_seed")
"""Settings that a picker tells of a run whose preset has others."""


def run_title(run: Run) -> str:
    """A run as a picker says it: its number, method, networks and temperature, and in what it is not like its preset.

    The usual method is not named, nor is what the method does not use.
    """
    experiment = run.experiment
    parts = [
        *([fault_cards.badge(experiment.fault)] if experiment.fault else []),
        *(
            []
            if experiment.method == DEFAULT_EXPERIMENT.method
            else [setting_text("method", experiment.method)]
        ),
        _("{teacher} to {student}").format(teacher=experiment.teacher, student=experiment.student)
        if method_cards.asks_teacher(experiment)
        else experiment.student,
        *([] if method_cards.unused(experiment, "temperature") else [f"T = {experiment.temperature:g}"]),
        *(setting_text(name, value) for name, value in _unlike_its_preset(run).items()),
    ]
    return _("run {id}: {what}").format(id=run.id[:6], what=listing(parts))


def _unlike_its_preset(run: Run) -> dict[str, Any]:
    """What a run has of TELLING that the preset next to it has not."""
    presets = [
        preset.experiment for preset in PRESETS if preset.experiment.dataset == run.experiment.dataset
    ] or [DEFAULT_EXPERIMENT]
    changes = min((run.experiment.changes(preset) for preset in presets), key=len)
    return {name: changes[name] for name in TITLE_FIELDS if name in changes}
