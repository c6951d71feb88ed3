"""A hand-in as a page to read: one HTML file that runs nothing and asks for nothing."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from kdcore.classroom.judging import JudgedRun, recorded
from kdcore.classroom.submission import Submission
from kdcore.experiment import Experiment
from kdcore.experiment_fields import field_label, value_text
from kdcore.faults.titles import shown_value

SHOWN = (
    "dataset",
    "count",
    "teacher",
    "student",
    "method",
    "temperature",
    "teacher_weight",
    "epochs",
    "init_seed",
)
"""Settings that are told of every run, whether they differ from the defaults or not."""


def submission_page(submission: Submission) -> str:
    """The page; no text in it is taken for a program."""
    return (
        _templates()
        .get_template("submission.html.jinja")
        .render(
            submission=submission,
            runs=[recorded(run) for run in submission.runs],
            settings=_settings,
            changes=submission.changes_found(),
        )
    )


def _settings(run: JudgedRun) -> list[tuple[str, str]]:
    """The settings of a run: those that are always told, and those that differ from the defaults."""
    if run.experiment is None:
        return []
    flat, differing = run.experiment.flat(), run.experiment.changes(Experiment())
    names = [*SHOWN, *(name for name in differing if name not in SHOWN)]
    return [(field_label(name), value_text(shown_value(name, flat[name]))) for name in names]


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("kdcore.classroom"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )
