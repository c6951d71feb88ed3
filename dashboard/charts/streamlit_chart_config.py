"""What Streamlit adds to a chart's specification before it draws it, so that a chart drawn by another component looks the same.

After `CustomTheme` and `ArrowVegaLiteChart` of Streamlit 1.67's frontend; what `chart_theme` sets anyway is left out.
"""

from __future__ import annotations

from typing import Any

from dashboard.charts.vega import Spec

CONFIG: Spec = {
    "fieldTitle": "verbal",
    "autosize": {"type": "fit", "contains": "padding"},
    "title": {"align": "left", "anchor": "start", "titleFontStyle": "normal", "orient": "top", "offset": 26},
    "axis": {
        "labelFontWeight": 400,
        "labelFontStyle": "normal",
        "titleFontStyle": "normal",
        "ticks": False,
        "domain": False,
        "domainWidth": 1,
        "labelFlushOffset": 1,
        "labelBound": False,
        "labelLimit": 100,
        "titlePadding": 16,
        "labelPadding": 16,
        "labelSeparation": 4,
    },
    "view": {"columns": 1, "strokeWidth": 0},
    "mark": {"tooltip": {"content": "encoding"}},
    "axisDiscrete": {"grid": False},
    "axisXPoint": {"grid": False},
    "axisXBand": {"grid": False},
}
BELOW = 20
"""Pixels below a chart."""


def as_streamlit_draws(spec: Spec, alt: str) -> Spec:
    """The specification with what `st.vega_lite_chart` adds to it."""
    return {
        **spec,
        "description": alt,
        "config": _merged(CONFIG, spec.get("config", {})),
        "padding": {"bottom": BELOW, **spec.get("padding", {})},
    }


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {
        name: _merged(value, over[name])
        if isinstance(value, dict) and isinstance(over.get(name), dict)
        else over.get(name, value)
        for name, value in under.items()
    }
    return {**both, **{name: value for name, value in over.items() if name not in under}}
