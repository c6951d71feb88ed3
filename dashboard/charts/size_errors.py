"""Errors against size: networks that are small in different ways, and the frontier of those that nothing beats in both."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard.charts.chart_theme import FAINT, INK, chart_config
from dashboard.charts.role_scales import role_colour, role_shape
from dashboard.charts.vega import Spec, data_domain, nominal, quantitative
from dashboard.text.roles import Theme, role
from dashboard.text.translation import _
from kdcore.compression.small_network import SmallNetwork

ALIKE = 1.02
"""Times as large as another: two networks of one shape differ by so much, since some weights compress better."""


def size_errors_frame(rows: Sequence[SmallNetwork]) -> pd.DataFrame:
    """One row a network. Columns: look (role), name, x (kB compressed), y (errors), best (whether no other is as small and errs as little)."""
    return pd.DataFrame(
        {
            "look": [row.role for row in rows],
            "name": [f"{role(row.role).label}, {_(row.how)}" for row in rows],
            "x": [row.packed / 1000 for row in rows],
            "y": [row.errors for row in rows],
            "best": [not any(_beats(other, row) for other in rows) for row in rows],
        }
    )


def _beats(one: SmallNetwork, other: SmallNetwork) -> bool:
    as_small = one.packed <= ALIKE * other.packed and one.errors < other.errors
    return as_small or (one.packed * ALIKE < other.packed and one.errors <= other.errors)


def size_errors_spec(theme: Theme, height: int = 300) -> Spec:
    """The networks as marks with their names, the frontier as a faint line below them."""
    scale = {"type": "log", "nice": False, "padding": 75, "domain": data_domain("x", otherwise=(1, 10))}
    x = quantitative("x", title=_("kB, compressed"), scale=scale, axis={"grid": False, "tickCount": 6})
    y = quantitative("y", title=_("errors"), scale={"zero": True, "nice": True})
    tooltip = [
        nominal("name", title=" "),
        quantitative("x", title=_("kB, compressed"), format=",.1f"),
        quantitative("y", title=_("errors"), format=",d"),
    ]
    mark = {"type": "point", "filled": True, "size": 170, "opacity": 1}
    # A phone has no room for names; there the table above stands for them.
    named = {"expr": "width < 500 ? 0 : 1"}
    text = {"type": "text", "dy": -16, "fontSize": 14, "color": INK[theme], "opacity": named}
    return {
        "height": height,
        "config": chart_config(theme, 14),
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "transform": [{"filter": "datum.best"}],
                "mark": {
                    "type": "line",
                    "color": FAINT[theme],
                    "strokeWidth": 2,
                    "interpolate": "step-after",
                },
                "encoding": {"order": {"field": "x"}},
            },
            {
                "mark": mark,
                "encoding": {"color": role_colour(theme), "shape": role_shape(), "tooltip": tooltip},
            },
            {"mark": text, "encoding": {"text": nominal("name")}},
        ],
    }
