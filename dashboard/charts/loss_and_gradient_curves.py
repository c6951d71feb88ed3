"""Named curves on a logarithmic axis: loss terms, gradient norms by side, and what a method measures of itself."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from dashboard.charts.axes import spread_labels
from dashboard.charts.chart_theme import PAPER, chart_config, chart_title
from dashboard.charts.curve_rows import curve_frame, curve_row
from dashboard.charts.role_scales import role_colour
from dashboard.charts.vega import Spec, extent_value, nominal, of_kind, quantitative
from dashboard.data.curves import Curve, Curves
from dashboard.text.roles import ROLES, Theme, in_order
from dashboard.text.translation import _

LABEL_GAP = 0.14
"""How far the labels at the ends keep apart, as a share of the axis."""


def loss_frame(curves: Curves, form: str) -> pd.DataFrame:
    """Every named loss term of every network, `raw` or `scaled` (as it enters the sum). Columns as in `curve_rows`."""
    rows: list[dict[str, Any]] = []
    for name in in_order(curves.roles("loss.total")):
        for term, curve in sorted(curves.named("loss.", name).items()):
            if term.endswith("." + form):
                text = _(term.removesuffix("." + form))
                rows += _named_rows(curve, name, text, labelled=name in ROLES)
    return _named_frame(rows)


def gradient_side_frame(curves: Curves) -> pd.DataFrame:
    """The norm of the gradient from the labels and from the teacher, by network. Columns as in `curve_rows`."""
    rows: list[dict[str, Any]] = []
    for name in in_order(curves.roles("grad.side.")):
        for side, curve in sorted(curves.named("grad.side.", name).items()):
            rows += _named_rows(curve, name, _(side), labelled=name in ROLES)
    return _named_frame(rows)


def method_measure_frame(curves: Curves) -> pd.DataFrame:
    """The method's own figures, by network. Columns as in `curve_rows`."""
    rows: list[dict[str, Any]] = []
    for name in in_order(curves.roles("measured.")):
        for figure, curve in sorted(curves.named("measured.", name).items()):
            text = _(figure) if name in ROLES else f"{_(name)}: {_(figure)}"
            rows += _named_rows(curve, name, text, labelled=True)
    return _named_frame(rows)


def _named_rows(curve: Curve, name: str, text: str, *, labelled: bool) -> list[dict[str, Any]]:
    """A curve's points, and its label at the end; what is not labelled is named on hover."""
    points = [(x, y) for x, y in curve.pairs if y > 0]  # a logarithmic axis has no zero
    rows = [curve_row("line", name, x, y, text) for x, y in points]
    return [*rows, curve_row("end", name, *points[-1], text)] if points and labelled else rows


def _named_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The rows with their labels moved apart."""
    xmax = max((row["x"] for row in rows), default=1.0)
    ends = [row for row in rows if row["kind"] == "end"]
    heights = [math.log10(row["y"]) for row in rows]
    gap = LABEL_GAP * (max(heights, default=0) - min(heights, default=0))
    positions = spread_labels([math.log10(row["y"]) for row in ends], gap)
    for row, position in zip(ends, positions, strict=True):
        row["y"] = 10**position
    return curve_frame(rows, xmax, 1.0)


def named_curves_spec(theme: Theme, title: str, height: int = 220) -> Spec:
    """Named curves on a logarithmic axis: colour tells the network, dash and the text at the end tell the term."""
    x = quantitative(
        "x", title=_("epoch"), scale={"domain": [0, extent_value("xmax", 1)], "nice": False}, axis={"grid": False, "tickCount": 5}
    )  # fmt: skip
    y = logarithmic_axis(nice=False)
    tooltip = [
        nominal("label", title=_("who")),
        nominal("text", title=_("part")),
        quantitative("x", title=_("epoch"), format=".3~r"),
        quantitative("y", title=_("value"), format=".3~r"),
    ]
    lines = {
        "transform": [of_kind("line")],
        "mark": {"type": "line", "strokeWidth": 2, "strokeJoin": "round"},
        "encoding": {
            "x": x, "y": y, "color": role_colour(theme), "strokeDash": nominal("text", legend=None), "detail": {"field": "label"},
            "tooltip": tooltip,
        },
    }  # fmt: skip
    return {
        "height": height,
        "title": chart_title(theme, title),
        "config": chart_config(theme, 12),
        "layer": [lines, *_label_layers(theme, {"x": x, "y": y, "text": {"field": "text"}})],
    }


def _label_layers(theme: Theme, encoding: Spec) -> list[Spec]:
    """The texts at the ends, each with a seam in the page's colour beneath."""
    text = {
        "type": "text",
        "align": "right",
        "baseline": "bottom",
        "dy": -5,
        "fontSize": 12,
        "fontWeight": 600,
    }
    seam = {"stroke": PAPER[theme], "strokeWidth": 4, "strokeJoin": "round"}
    return [
        {"transform": [of_kind("end")], "mark": text | seam, "encoding": encoding},
        {"transform": [of_kind("end")], "mark": text, "encoding": encoding | {"color": role_colour(theme)}},
    ]


def logarithmic_axis(*, nice: bool) -> Spec:
    """The vertical axis, without a title."""
    axis = {"tickCount": 4, "format": "~g", "grid": False, "domain": True}
    return quantitative("y", title=None, scale={"type": "log", "nice": nice}, axis=axis)
