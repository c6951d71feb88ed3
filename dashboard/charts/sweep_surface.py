"""A sweep of two numeric fields as a surface: the students' mean error over both, above or below their twins'."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dashboard.charts.chart_theme import SEQUENTIAL
from dashboard.charts.plotly_theme import Viewpoint, plotly_layout, plotly_text, scene
from dashboard.data.sweep_measurements import MeasuredSetting
from dashboard.text.roles import STUDENT, TWIN, Theme
from dashboard.text.translation import _
from kdcore.pipelines.varied_fields import numeric_range

if TYPE_CHECKING:
    from plotly.graph_objects import Figure, Scatter3d, Surface

FEWEST = 3
"""Values of each field below which a surface shows nothing that its corners do not."""


def has_surface(settings: Sequence[MeasuredSetting]) -> bool:
    """Whether all pairs of at least FEWEST values of two numeric fields are measured."""
    if not settings or len(settings[0].setting) != 2:
        return False
    axes = [_values(settings, field) for field in settings[0].setting]
    return all(len(values) >= FEWEST and numeric_range(values) is not None for values in axes) and len(
        settings
    ) == len(axes[0]) * len(axes[1])


def surface_figure(
    theme: Theme,
    titles: tuple[str, str],
    value: str,
    settings: Sequence[MeasuredSetting],
    viewpoint: Viewpoint,
) -> Figure:
    """The surface of the mean errors in percent, with every seed as a point, and the twins' as a sheet. value: what the height is called."""
    from plotly.graph_objects import Figure

    x, y = (_values(settings, field) for field in settings[0].setting)
    figure = Figure()
    figure.add_trace(_students(theme, titles, settings))
    if all(one.twin for one in settings):
        figure.add_trace(_twins(theme, settings))
    figure.add_trace(_seeds(theme, settings))
    axes = scene(theme, (plotly_text(titles[0]), plotly_text(titles[1]), plotly_text(value)), viewpoint)
    for axis, values in (("xaxis", x), ("yaxis", y)):
        axes[axis] |= {"tickvals": values, "type": "log" if _spans_decades(values) else "linear"}
    return figure.update_layout(
        scene=axes, legend={"orientation": "h", "y": -0.02}, **plotly_layout(theme, 520)
    )


def _students(theme: Theme, titles: tuple[str, str], settings: Sequence[MeasuredSetting]) -> Surface:
    from plotly.graph_objects import Surface

    x, y = (plotly_text(title) for title in titles)
    return Surface(
        _grid(settings, {tuple(one.setting.values()): one.student for one in settings}),
        colorscale=[[0, SEQUENTIAL[theme][0]], [1, STUDENT.colour(theme)]],
        showscale=False,
        name=plotly_text(_(STUDENT.title)),
        showlegend=True,
        hovertemplate=f"{x} %{{x}}<br>{y} %{{y}}<br>%{{z:.2f}} %<extra></extra>",
    )


def _twins(theme: Theme, settings: Sequence[MeasuredSetting]) -> Surface:
    from plotly.graph_objects import Surface

    return Surface(
        _grid(settings, {tuple(one.setting.values()): one.twin for one in settings}),
        colorscale=[[0, TWIN.colour(theme)], [1, TWIN.colour(theme)]],
        showscale=False,
        opacity=0.35,
        name=plotly_text(_(TWIN.title)),
        showlegend=True,
    )


def _seeds(theme: Theme, settings: Sequence[MeasuredSetting]) -> Scatter3d:
    from plotly.graph_objects import Scatter3d

    seeds = [(*one.setting.values(), 100 * error) for one in settings for error in one.student]
    x, y, z = zip(*seeds, strict=True)
    marker = {"size": 3, "color": STUDENT.colour(theme)}
    return Scatter3d(x=x, y=y, z=z, mode="markers", name=_("each seed"), marker=marker, hoverinfo="skip")


def _grid(
    settings: Sequence[MeasuredSetting], errors: Mapping[tuple[Any, ...], Sequence[float]]
) -> dict[str, Any]:
    """The mean errors in percent over the values of both fields, as a surface takes them."""
    x, y = (_values(settings, field) for field in settings[0].setting)
    return {"x": x, "y": y, "z": [[100 * statistics.fmean(errors[a, b]) for a in x] for b in y]}


def _values(settings: Sequence[MeasuredSetting], field: str) -> list[float]:
    return sorted({one.setting[field] for one in settings})


def _spans_decades(values: Sequence[float]) -> bool:
    return min(values) > 0 and max(values) >= 10 * min(values)
