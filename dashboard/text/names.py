"""Words that several views say: splits, runs, networks."""

from __future__ import annotations

from html import escape
from typing import Any

from dashboard.charts.run_overlay import setting_said
from dashboard.data import method_cards
from dashboard.text.roles import Role
from dashboard.text.translation import _
from kdcore.experiment import Experiment
from kdcore.runs.run_record import Run
from kdcore.studies.presets import PRESETS
from kdcore.texts import N_

USUAL = Experiment()
TELLING = ("count", "fraction", "omit", "hidden_labels", "label_noise", "epochs", "init_seed")
"""Settings that a picker tells of a run whose preset has others."""
SPLITS = {"validation": N_("validation"), "test": N_("test"), "train": N_("training")}


def split_title(split: str) -> str:
    """A split as it is said before the word images."""
    return _(SPLITS[split])


def run_title(run: Run) -> str:
    """A run as a picker says it: its number, method, networks and temperature, and in what it is not like its preset.

    The usual method is not named, nor is what the method does not use.
    """
    experiment = run.experiment
    said = [
        *([] if experiment.method == USUAL.method else [setting_said("method", experiment.method)]),
        _("{teacher} to {student}").format(teacher=experiment.teacher, student=experiment.student)
        if method_cards.asks_teacher(experiment)
        else experiment.student,
        *([] if method_cards.unused(experiment, "temperature") else [f"T = {experiment.temperature:g}"]),
        *(setting_said(name, value) for name, value in _unlike_its_preset(run).items()),
    ]
    return _("run {id}: {what}").format(id=run.id[:6], what=", ".join(said))


def _unlike_its_preset(run: Run) -> dict[str, Any]:
    """What a run has of TELLING that the preset next to it has not."""
    known = [one.experiment for one in PRESETS if one.experiment.dataset == run.experiment.dataset] or [USUAL]
    changes = min((run.experiment.changes(one) for one in known), key=len)
    return {name: changes[name] for name in TELLING if name in changes}


def network_html(role: Role, name: str) -> str:
    """A network's mark and name in its role's colour."""
    return f'<span class="{role.css} who">{role.mark} {escape(name)}</span>'
