"""Named curves on a logarithmic axis: loss terms, gradient norms by side, and what a method measures of itself."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from dashboard.charts.axes import PAST_THE_END, spread_labels
from dashboard.charts.chart_theme import PAPER, chart_config, chart_title
from dashboard.charts.curve_rows import ChartRows, Row, RowGroup, chart_rows, row_group
from dashboard.charts.role_scales import role_colour
from dashboard.charts.vega import Spec, data_domain, extent_value, nominal, of_kind, quantitative
from dashboard.data.curves import Curve, Curves
from dashboard.text.roles import ROLES, Theme, in_order
from dashboard.text.translation import _, told

LABEL_GAP = 0.14
"""How far the labels at the ends keep apart, as a share of the axis."""


def loss_frame(curves: Curves, form: str) -> pd.DataFrame:
    """The rows of `loss_rows` as a frame. Columns as in `curve_rows`."""
    return loss_rows(curves, form).frame()


def gradient_side_frame(curves: Curves) -> pd.DataFrame:
    """The rows of `gradient_side_rows` as a frame. Columns as in `curve_rows`."""
    return gradient_side_rows(curves).frame()


def method_measure_frame(curves: Curves) -> pd.DataFrame:
    """The rows of `method_measure_rows` as a frame. Columns as in `curve_rows`."""
    return method_measure_rows(curves).frame()


def loss_rows(curves: Curves, form: str) -> ChartRows:
    """Every named loss term of every network, `raw` or `scaled` (as it enters the sum)."""
    groups: list[RowGroup] = []
    for name in in_order(curves.roles("loss.total")):
        for term, curve in sorted(curves.named("loss.", name).items()):
            if term.endswith("." + form):
                text = _(term.removesuffix("." + form))
                groups += _named_groups(curve, name, text, labelled=name in ROLES)
    return _with_labels_apart(groups)


def gradient_side_rows(curves: Curves) -> ChartRows:
    """The norm of the gradient from the labels and from the teacher, by network."""
    groups: list[RowGroup] = []
    for name in in_order(curves.roles("grad.side.")):
        for side, curve in sorted(curves.named("grad.side.", name).items()):
            groups += _named_groups(curve, name, _(side), labelled=name in ROLES)
    return _with_labels_apart(groups)


def method_measure_rows(curves: Curves) -> ChartRows:
    """The method's own figures, by network."""
    groups: list[RowGroup] = []
    for name in in_order(curves.roles("measured.")):
        for figure, curve in sorted(curves.named("measured.", name).items()):
            text = _(figure) if name in ROLES else _("{name}: {what}").format(name=_(name), what=told(figure))
            groups += _named_groups(curve, name, text, labelled=True)
    return _with_labels_apart(groups)


def _named_groups(curve: Curve, name: str, text: str, *, labelled: bool) -> list[RowGroup]:
    """A curve's points, and its label at the end; what is not labelled is named on hover."""
    points: list[Row] = [(x, y) for x, y in curve.pairs if y > 0]  # a logarithmic axis has no zero
    groups = [row_group("line", name, points, text)] if points else []
    return [*groups, row_group("end", name, points[-1:], text)] if points and labelled else groups


def _with_labels_apart(groups: list[RowGroup]) -> ChartRows:
    """The rows with their labels moved apart."""
    xmax = max((group.rows[-1][0] for group in groups), default=1.0)
    ends = [group for group in groups if group.kind == "end"]
    values = [y for group in groups for _x, y in group.rows]
    gap = LABEL_GAP * math.log10(max(values) / min(values)) if values else 0.0
    positions = spread_labels([math.log10(group.rows[0][1]) for group in ends], gap)
    moved = {
        group.key: replace(group, rows=[(group.rows[0][0], 10**position)])
        for group, position in zip(ends, positions, strict=True)
    }
    return chart_rows([moved.get(group.key, group) for group in groups], xmax, 1.0)


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
        "padding": PAST_THE_END,
        "title": chart_title(theme, title),
        "config": chart_config(theme, 14),
        "layer": [lines, *_label_layers(theme, {"x": x, "y": y, "text": {"field": "text"}})],
    }


def _label_layers(theme: Theme, encoding: Spec) -> list[Spec]:
    """The texts at the ends, each with a seam in the page's colour beneath."""
    text = {
        "type": "text",
        "align": "right",
        "baseline": "bottom",
        "dy": -5,
        "fontSize": 14,
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
    scale = {"type": "log", "nice": nice, "domain": data_domain("y", otherwise=(1, 10))}
    return quantitative("y", title=None, scale=scale, axis=axis)
