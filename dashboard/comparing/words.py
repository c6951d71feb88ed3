"""Words that several views say: splits, runs, networks."""

from __future__ import annotations

from html import escape

from dashboard.roles import Role
from dashboard.texts import _
from kdcore.runs.store import Run
from kdcore.texts import N_

SPLITS = {"validation": N_("validation"), "test": N_("test"), "train": N_("training")}


def split_title(split: str) -> str:
    """A split as it is said before the word images."""
    return _(SPLITS[split])


def run_title(run: Run) -> str:
    """A run as a picker says it: its number, who taught whom, and at which temperature."""
    experiment = run.experiment
    return _("run {id}: {teacher} to {student}, T = {T}").format(
        id=run.id[:6], teacher=experiment.teacher, student=experiment.student, T=f"{experiment.temperature:g}"
    )


def network_html(role: Role, name: str) -> str:
    """A network's mark and name in its role's colour."""
    return f'<span class="{role.css} who">{role.mark} {escape(name)}</span>'
