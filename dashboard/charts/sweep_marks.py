"""What the figures of a sweep share: the axis of a varied field, and marks that open their run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.charts.vega import Spec, nominal, quantitative
from dashboard.data.sweep_measurements import MeasuredSetting
from kdcore.pipelines.varied_fields import is_logarithmic, numeric_range

RUN_LINK: Spec = {"condition": {"test": "isValid(datum.url)", "field": "url", "type": "nominal"}}
"""The run that a mark opens; without a test Vega would follow the address "null" where there is none."""
LINK_CURSOR: Spec = {"expr": "isValid(datum.url) ? 'pointer' : 'default'"}


def run_url(setting: MeasuredSetting, link: str) -> str | None:
    """The address of the run that a setting's mean opens, that of its first seed; `link` is how a run's address begins."""
    return link + setting.runs[0] if setting.runs and setting.runs[0] else None


def seed_url(setting: MeasuredSetting, seed: int, link: str) -> str | None:
    """The address of the run of one seed."""
    return link + setting.runs[seed] if setting.runs[seed] else None


def marks(size: int, opacity: float, **more: Any) -> Spec:
    """Filled marks that open a run."""
    return {"type": "point", "filled": True, "size": size, "opacity": opacity, "cursor": LINK_CURSOR, **more}


def value_tooltip(title: str) -> list[Spec]:
    """The label of a mark, and its `y` under that title."""
    return [nominal("label", title=" "), quantitative("y", title=title, format=".2f")]


def varied_field_axis(title: str, values: Sequence[Any], most_ticks: int = 16) -> Spec:
    """The varied field: numbers on a line, logarithmic where they span a factor of ten; words in the sweep's order.

    Up to `most_ticks` values are marked one by one.
    """
    ends = numeric_range(values)
    if ends is None:
        order = {"sort": {"field": "sort"}, "axis": {"labelAngle": 0}}
        return {"field": "x", "type": "ordinal", "title": title, **order}
    low, high = ends
    scale: Spec = {"nice": False, "padding": 18, "domain": [low, high] if low < high else [low - 1, low + 1]}
    if is_logarithmic(low, high):
        scale |= {"type": "log"}
    ticks = [*values] if len(values) != 2 and len(values) <= most_ticks else None
    # A format of the axis would be cut to the digits that a logarithmic scale finds worth while: 150 became 1.5e+2.
    axis = {"grid": False, "labelExpr": "format(datum.value, ',~g')"} | (
        {"values": ticks} if ticks else {"tickCount": 8}
    )
    return quantitative("x", title=title, scale=scale, axis=axis)
