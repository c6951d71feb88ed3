"""A sweep of one field: error, or NLL, against the field's values, with every seed, the mean and its spread.

A mark is a link: a click opens its run.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.charts.axes import error_top
from dashboard.charts.chart_theme import chart_config
from dashboard.charts.role_scales import role_colour, role_dash, role_shape, role_width
from dashboard.charts.sweep_marks import (
    RUN_LINK,
    marks,
    run_url,
    seed_url,
    value_tooltip,
    varied_field_axis,
)
from dashboard.charts.vega import Spec, extent_value, of_kind, quantitative
from dashboard.data.sweep_measurements import MeasuredSetting
from dashboard.text.roles import OTHER, ROLES, STUDENT, TEACHER, TWIN, Theme
from dashboard.text.translation import _, ngettext
from kdcore.experiment_fields import field_label
from kdcore.pipelines.baseline_twin import is_distillation_field
from kdcore.pipelines.varied_fields import numeric_range
from kdcore.studies.sweep_findings import field_value

COLUMNS = ["kind", "look", "x", "sort", "y", "low", "high", "label", "url", "top"]

# ---------------------------------------------------------------------------------------------- the frame


def error_by_value_frame(
    settings: Sequence[MeasuredSetting], teacher: float | None, link: str
) -> pd.DataFrame:
    """Errors in percent, drawn as below; teacher: its error, a share."""
    seeds = [
        DrawnSetting(one, [100 * e for e in one.student], [100 * e for e in one.twin]) for one in settings
    ]
    return _by_value_frame(seeds, None if teacher is None else 100 * teacher, link, _error_top)


def nll_by_value_frame(settings: Sequence[MeasuredSetting], teacher: float | None, link: str) -> pd.DataFrame:
    """NLL in nats an image, drawn as below; teacher: its NLL."""
    seeds = [DrawnSetting(one, one.student_nll, one.twin_nll) for one in settings]
    return _by_value_frame(seeds, teacher, link, _nll_top)


def _error_top(highest: float) -> float:
    return error_top([0.55 * highest])


def _nll_top(highest: float) -> float:
    return 1.1 * highest


@dataclass(frozen=True)
class DrawnSetting:
    """A setting, and its students' and twins' figures by seed in the unit of the axis."""

    measured: MeasuredSetting
    student: Sequence[float]
    twin: Sequence[float]


def _by_value_frame(
    settings: Sequence[DrawnSetting], teacher: float | None, link: str, top: Callable[[float], float]
) -> pd.DataFrame:
    """Each seed as a dot, each setting's mean with its spread.

    Columns: kind (extent, dot, mean, flat, band), look, x (a number or a word), y, low, high, label, url, sort, top. `link` is
    how a run's address begins.
    """
    rows: list[dict[str, Any]] = []
    for place, setting in enumerate(settings):
        [name] = setting.measured.setting
        rows += _setting_rows(STUDENT.name, place, setting, setting.student, link)
        if not is_distillation_field(name):
            rows += _setting_rows(TWIN.name, place, setting, setting.twin, link)
    rows += _reference_rows(settings, teacher)
    ys = [row[name] for row in rows for name in ("y", "high") if name in row and not math.isnan(row[name])]
    extent = {"kind": "extent", "look": OTHER, "top": top(max(ys, default=50.0))}
    return pd.DataFrame([extent, *rows], columns=COLUMNS)


def _setting_rows(
    who: str, place: int, setting: DrawnSetting, figures: Sequence[float], link: str
) -> list[dict[str, Any]]:
    """The seeds of one setting and role, and their mean."""
    [(name, value)] = setting.measured.setting.items()
    x = value if numeric_range([value]) else field_value(value, _)
    label = f"{field_label(name, _)} = {field_value(value, _)}, {ROLES[who].label}"
    seeds = [
        {
            "kind": "dot", "look": who, "x": x, "sort": place, "y": figure, "low": figure, "high": figure,
            "label": f"{label} · {_('seed')} {seed}", "url": seed_url(setting.measured, seed, link),
        }
        for seed, figure in enumerate(figures)
    ]  # fmt: skip
    mean = {"kind": "mean", "look": who, "x": x, "sort": place, **_mean(figures, label)}
    return [*seeds, mean | {"url": run_url(setting.measured, link)}]


def _mean(figures: Sequence[float], label: str) -> dict[str, Any]:
    mean = statistics.fmean(figures) if figures else math.nan
    spread = statistics.stdev(figures) if len(figures) > 1 else 0.0
    seeds = ngettext("mean of {n} seed", "mean of {n} seeds", len(figures)).format(n=len(figures))
    return {"y": mean, "low": mean - spread, "high": mean + spread, "label": f"{label} · {seeds}"}


def _reference_rows(settings: Sequence[DrawnSetting], teacher: float | None) -> list[dict[str, Any]]:
    """What is the same at every setting, a line over the whole axis: twins that no setting changes, with their band, and
    the teacher."""
    rows: list[dict[str, Any]] = []
    twins = max((setting.twin for setting in settings), key=len, default=[])
    if twins and all(map(is_distillation_field, settings[0].measured.setting)):
        mean = {"look": TWIN.name, "sort": 0, **_mean(twins, TWIN.label)}
        rows += [mean | {"kind": "flat"}, mean | {"kind": "band"}]
    if teacher is not None and settings:
        rows.append({"kind": "flat", "look": TEACHER.name, "y": teacher, "label": TEACHER.label})
    return rows


# ---------------------------------------------------------------------------------------------- the specification


def by_value_spec(theme: Theme, title: str, y_title: str, values: Sequence[Any], height: int = 320) -> Spec:
    """Error, or NLL, against the varied field: the mean as a line with its spread, every seed as a dot, the twin beside it."""
    scale = {"domain": [0, extent_value("top", 100)], "nice": False}
    y = quantitative("y", title=y_title, scale=scale, axis={"tickCount": 6})
    return {
        "height": height,
        "config": chart_config(theme, 14),
        "transform": [{"filter": "datum.kind !== 'extent'"}],
        "encoding": {"y": y},
        "layer": [
            *_reference_layers(theme, y),
            *_mean_and_seed_layers(theme, varied_field_axis(title, values), y),
        ],
    }


def _from_low_to_high(y: Spec) -> Spec:
    return {"y": {**y, "field": "low"}, "y2": {"field": "high"}}


def _reference_layers(theme: Theme, y: Spec) -> list[Spec]:
    """Lines and bands over the whole width."""
    across = {
        "x": {"value": 0},
        "x2": {"value": "width"},
        "color": role_colour(theme),
        "tooltip": value_tooltip(y["title"]),
    }
    return [
        {
            "transform": [of_kind("flat")],
            "mark": {"type": "rule", "clip": True},
            "encoding": {**across, "strokeWidth": {"value": 2}, "strokeDash": role_dash()},
        },
        {
            "transform": [of_kind("band")],
            "mark": {"type": "rect", "clip": True, "opacity": 0.15},
            "encoding": {**across, **_from_low_to_high(y)},
        },
    ]


def _mean_and_seed_layers(theme: Theme, x: Spec, y: Spec) -> list[Spec]:
    encoding, tooltip = {"x": x, "color": role_colour(theme)}, value_tooltip(y["title"])
    linked = {
        **encoding,
        "shape": role_shape(),
        "tooltip": tooltip,
        "href": RUN_LINK,
        "description": {"field": "label"},
    }
    return [
        {
            "transform": [of_kind("mean")],
            "mark": {"type": "rule", "clip": True, "strokeWidth": 5, "opacity": 0.3},
            "encoding": {**encoding, **_from_low_to_high(y), "tooltip": tooltip},
        },
        {
            "transform": [of_kind("mean")],
            "mark": {"type": "line", "clip": True},
            "encoding": {**encoding, "strokeDash": role_dash(), "strokeWidth": role_width()},
        },
        {"transform": [of_kind("dot")], "mark": marks(45, 0.75, clip=True), "encoding": linked},
        {"transform": [of_kind("mean")], "mark": marks(170, 1, clip=True), "encoding": linked},
    ]  # fmt: skip
