"""A sweep's answer as charts: error and NLL against what is varied, with the texts around them and beside the curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from dashboard.charts.sweep_by_value import by_value_spec, error_by_value_frame, nll_by_value_frame
from dashboard.charts.sweep_heat_map import heat_map_frame, heat_map_spec
from dashboard.charts.sweep_scatter import scatter_spec
from dashboard.charts.sweep_size_accuracy import size_accuracy_frame, size_accuracy_spec
from dashboard.charts.vega import Spec
from dashboard.components.network_label import role_html
from dashboard.data.sweep_link import NETWORK_FIELDS
from dashboard.data.sweep_measurements import MeasuredSetting, measured_settings, teachers_nll
from dashboard.data.sweep_progress import SweepProgress
from dashboard.text.roles import STUDENT, TEACHER, TWIN, Theme
from dashboard.text.translation import _, together
from kdcore.experiment_fields import field_label
from kdcore.pipelines.varied_fields import numeric_range
from kdcore.studies.sweep_findings import field_value


@dataclass(frozen=True)
class AnswerChart:
    """The answer.

    Attributes:
        title: what it shows.
        frame: its rows; none where there is nothing to draw yet.
        spec: its specification.
        alt: the chart in words.
    """

    title: str
    frame: pd.DataFrame
    spec: Spec
    alt: str


def answer_chart(progress: SweepProgress, theme: Theme, address: str) -> AnswerChart:
    """Against one field, a map of two, or size against accuracy where networks are varied.

    address: the start of a run's address, which a mark opens.
    """
    measured, names = measured_settings(progress), [*progress.sweep.vary]
    if len(names) > 1:
        return _error_map(progress, measured, theme, address)
    if names[0] in NETWORK_FIELDS:
        return _size_against_accuracy(progress, measured, theme, address)
    return _error_against_field(progress, measured, theme, address)


def nll_chart(progress: SweepProgress, theme: Theme, address: str) -> AnswerChart | None:
    """The NLL against the one field that is varied, once every setting is tested; None before, and for other sweeps.

    Networks that err equally often may differ much in how sure they are of it.
    """
    measured, names = measured_settings(progress), [*progress.sweep.vary]
    if len(names) > 1 or names[0] in NETWORK_FIELDS or not any(one.student_nll for one in measured):
        return None
    [(name, values)] = progress.sweep.vary.items()
    title = _("Test NLL against {field}").format(field=field_label(name, _))
    frame = nll_by_value_frame(measured, teachers_nll(progress), address)
    alt = _("NLL of students and twins against the varied field: mean, spread and every seed")
    spec = by_value_spec(theme, field_label(name, _), _("test NLL, nats per image"), values, height=240)
    return AnswerChart(title, frame, spec, alt)


def drawn_by_script(progress: SweepProgress, address: str) -> object:
    """What of the answer a page's script draws: while it stays the same, rows are all that moves."""
    chart = answer_chart(progress, "light", address)
    return chart.title, chart.spec, len(chart.frame) > 0, bool(progress.ranked())


def _size_against_accuracy(
    progress: SweepProgress, measured: Sequence[MeasuredSetting], theme: Theme, address: str
) -> AnswerChart:
    title = _("test accuracy, %") if progress.complete else _("validation accuracy, %")
    teacher = progress.teacher_size, _error_of_teacher(progress)
    frame = size_accuracy_frame(measured, address, teacher)
    return AnswerChart(
        _("Size against accuracy: from each twin to its student"),
        frame,
        size_accuracy_spec(theme, title),
        title,
    )


def _error_against_field(
    progress: SweepProgress, measured: Sequence[MeasuredSetting], theme: Theme, address: str
) -> AnswerChart:
    [(name, values)] = progress.sweep.vary.items()
    title = (
        _("Test error against {field}")
        if progress.complete
        else _("Validation error against {field}, so far")
    )
    frame = error_by_value_frame(measured, _error_of_teacher(progress), address)
    alt = _("Error of students and twins against the varied field: mean, spread and every seed")
    spec = by_value_spec(theme, field_label(name, _), _error_title(progress), values)
    return AnswerChart(title.format(field=field_label(name, _)), frame, spec, alt)


def _error_map(
    progress: SweepProgress, measured: Sequence[MeasuredSetting], theme: Theme, address: str
) -> AnswerChart:
    """The mean error by two fields: as points where numbers were drawn between the ends, else as a grid."""
    x, y = [*progress.sweep.vary][:2]
    x_title, y_title, error = field_label(x, _), field_label(y, _), _error_title(progress)
    title = (
        _("Mean test error by {x} and {y}")
        if progress.complete
        else _("Mean validation error by {x} and {y}, so far")
    )
    values: list[Sequence[Any]] = [progress.sweep.vary[x], progress.sweep.vary[y]]
    drawn = progress.sweep.sampler != "grid"
    if drawn and all(map(numeric_range, values)):
        spec = scatter_spec(theme, (x_title, y_title), (values[0], values[1]), error)
    else:
        if drawn:
            values = [[setting.setting[name] for setting in measured] for name in (x, y)]
        columns, rows = (list(dict.fromkeys(field_value(value, _) for value in axis)) for axis in values)
        spec = heat_map_spec(theme, (x_title, y_title), (columns, rows), error)
    return AnswerChart(title.format(x=x_title, y=y_title), heat_map_frame(measured, address), spec, error)


def _error_title(progress: SweepProgress) -> str:
    return _("test error, %") if progress.complete else _("validation error, %")


def _error_of_teacher(progress: SweepProgress) -> float | None:
    return progress.teacher_test if progress.complete else progress.teacher


# ---------------------------------------------------------------------------------------------- the texts


def answer_caption(progress: SweepProgress, theme: Theme) -> str:
    """What the answer's marks mean, what a click opens, and what is missing yet, as HTML."""
    measured, names = measured_settings(progress), [*progress.sweep.vary]
    roles = " ".join(role_html(name) for name in (STUDENT.name, TWIN.name, TEACHER.name))
    if len(names) > 1:
        roles = ""
        marks = (
            _("Darker: a higher mean error over the seeds.")
            if theme == "light"
            else _("Lighter: a higher mean error over the seeds.")
        )
    elif names[0] in NETWORK_FIELDS:
        marks = _("Large marks: means; small ones: each seed.")
    else:
        marks = _("Small marks: each seed. Bars and band: ± 1 standard deviation.")
    opens = _click_text(names) if any(run for setting in measured for run in setting.runs) else ""
    caption = together(filter(None, [marks, opens, missing_text(progress)]))
    return f'<p class="small">{roles} {escape(caption)}</p>'


def _click_text(names: Sequence[str]) -> str:
    """What a click opens: a mean stands for several runs."""
    if len(names) > 1:
        return _("A click on a mark opens the run of its first seed.")
    return _("A click on a mark opens its run, on a mean that of its first seed.")


def curves_caption(progress: SweepProgress) -> str:
    """Whose curves are bold, and whose are faint, as HTML."""
    if progress.complete:
        best = _("bold: {setting}, the best on validation.")
    elif progress.started > 1:
        best = _("bold: {setting}, the best on validation so far.")
    else:
        best = _("bold: {setting}.")
    sentences = [escape(best.format(setting=progress.best))]
    if progress.started > 1:
        sentences.append(escape(_("Faint: the other settings.")))
    others = " ".join(role_html(name) for name in (TWIN.name, TEACHER.name))
    return f'<p class="small">{role_html(STUDENT.name)} {together(sentences)} {others}</p>'


def missing_text(progress: SweepProgress) -> str:
    """How many settings are missing yet; empty where none is."""
    if not progress.missing:
        return ""
    sentence = _("{n} of {all} settings so far: the others are not trained yet.")
    return sentence.format(n=progress.started, all=progress.started + progress.missing)
