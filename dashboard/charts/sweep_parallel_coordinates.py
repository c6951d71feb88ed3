"""A sweep's settings as lines across parallel axes: what was varied, and what came of it. Axes are brushed and moved by hand."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dashboard.charts.chart_theme import FAINT, INK
from dashboard.charts.plotly_theme import plotly_layout, plotly_text
from dashboard.data.sweep_measurements import MeasuredSetting
from dashboard.text.roles import STUDENT, Theme
from dashboard.text.translation import _
from kdcore.experiment_fields import field_label
from kdcore.pipelines.varied_fields import numeric_range
from kdcore.studies.sweep_findings import field_value

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FEWEST = 4
"""Settings below which a table is read faster."""


def parallel_coordinates_figure(theme: Theme, settings: Sequence[MeasuredSetting]) -> Figure:
    """A line for each setting, in the student's colour where it errs least, fading where it errs more."""
    from plotly.graph_objects import Figure, Parcoords

    errors = [100 * statistics.fmean(one.student) for one in settings]
    figure = Figure(
        Parcoords(
            dimensions=[
                {"tickformat": ".3~g"} | axis for axis in (*_varied(settings), *_measured(settings, errors))
            ],
            line={"color": errors, "colorscale": [[0, STUDENT.colour(theme)], [1, FAINT[theme]]]},
            labelfont={"size": 14, "color": INK[theme]},
            tickfont={"size": 14, "color": INK[theme]},
            rangefont={"size": 14, "color": INK[theme]},
            unselected={"line": {"opacity": 0.08}},
        )
    )
    layout = plotly_layout(theme, 420) | {"margin": {"l": 70, "r": 70, "t": 60, "b": 24}}
    return figure.update_layout(**layout)


def _varied(settings: Sequence[MeasuredSetting]) -> list[dict[str, Any]]:
    axes = []
    for field in settings[0].setting:
        values = [one.setting[field] for one in settings]
        label = plotly_text(field_label(field, _))
        if numeric_range(values):
            axes.append({"label": label, "values": values, "tickvals": sorted({*values})})
            continue
        names = sorted({field_value(value, _) for value in values})
        places = [names.index(field_value(value, _)) for value in values]
        ticks = {"tickvals": [*range(len(names))], "ticktext": [plotly_text(name) for name in names]}
        axes.append({"label": label, "values": places} | ticks)
    return axes


def _measured(settings: Sequence[MeasuredSetting], errors: Sequence[float]) -> list[dict[str, Any]]:
    axes = [{"label": _("student errs, %"), "values": errors}]
    if all(one.twin for one in settings):
        twins = [100 * statistics.fmean(one.twin) for one in settings]
        axes.append(
            {
                "label": _("student − twin, points"),
                "values": [a - b for a, b in zip(errors, twins, strict=True)],
            }
        )
    if all(one.student_nll for one in settings):
        axes.append(
            {"label": _("student's NLL"), "values": [statistics.fmean(one.student_nll) for one in settings]}
        )
    sizes = {one.parameters for one in settings}
    if len(sizes) > 1 and None not in sizes:
        axes.append({"label": _("parameters"), "values": [one.parameters for one in settings]})
    return axes
