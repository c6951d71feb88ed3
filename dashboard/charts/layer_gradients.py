"""The newest gradient norm of every layer, from input to output."""

from __future__ import annotations

import pandas as pd

from dashboard.charts.chart_theme import chart_config, chart_title
from dashboard.charts.curve_rows import ChartRows, Row, row_group
from dashboard.charts.loss_and_gradient_curves import logarithmic_axis
from dashboard.charts.role_scales import role_colour, role_dash, role_shape
from dashboard.charts.vega import Spec, nominal, of_kind, quantitative
from dashboard.data.curves import Curves
from dashboard.text.roles import Theme, in_order
from dashboard.text.translation import _


def layer_frame(curves: Curves) -> pd.DataFrame:
    """The rows of `layer_rows` as a frame. Columns: kind, look, label, layer, y."""
    return layer_rows(curves).frame()


def layer_rows(curves: Curves) -> ChartRows:
    """The newest gradient norm of every layer, first layer first."""
    groups = []
    for name in in_order(curves.roles("grad.layer.")):
        norms = {layer: curve.last for layer, curve in curves.named("grad.layer.", name).items()}
        rows: list[Row] = [(layer, norm) for layer, norm in norms.items() if norm]
        groups += [row_group("line", name, rows)] if rows else []
    return ChartRows(groups, place=("layer", "y"), columns=("kind", "look", "label", "layer", "y"))


def layer_history_rows(curves: Curves) -> ChartRows:
    """Every gradient norm of every layer against epoch, first layer first; the layer is the text of its group."""
    return ChartRows(
        [
            row_group("line", name, [(x, y) for x, y in curve.pairs if y > 0], layer)
            for name in in_order(curves.roles("grad.layer."))
            for layer, curve in curves.named("grad.layer.", name).items()
        ]
    )


def layer_spec(theme: Theme, title: str, height: int = 220) -> Spec:
    """Gradient norm by layer, input to output: a slope down to the left is a vanishing gradient."""
    angled = {"labelAngle": -30, "labelLimit": 90}
    x = {
        "field": "layer",
        "type": "ordinal",
        "sort": None,
        "title": _("layer, input to output"),
        "axis": angled,
    }
    tooltip = [
        nominal("label", title=_("who")),
        nominal("layer", title=_("layer")),
        quantitative("y", title=_("gradient norm"), format=".3~r"),
    ]
    encoding = {"x": x, "y": logarithmic_axis(nice=True), "color": role_colour(theme), "tooltip": tooltip}
    return {
        "height": height,
        "title": chart_title(theme, title),
        "config": chart_config(theme, 14),
        "transform": [of_kind("line")],
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 1.5}, "encoding": {**encoding, "strokeDash": role_dash(), "detail": {"field": "label"}}},
            {"mark": {"type": "point", "filled": True, "size": 90, "opacity": 1}, "encoding": {**encoding, "shape": role_shape()}},
        ],
    }  # fmt: skip
