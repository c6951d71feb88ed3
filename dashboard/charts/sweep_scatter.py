"""Sampled settings of two numeric fields: each a mark at its place, coloured by its mean error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.charts.chart_theme import FAINT, chart_config
from dashboard.charts.sweep_heat_map import setting_encoding
from dashboard.charts.sweep_marks import marks, varied_field_axis
from dashboard.charts.vega import Spec
from dashboard.text.roles import Theme


def scatter_spec(
    theme: Theme,
    titles: tuple[str, str],
    values: tuple[Sequence[Any], Sequence[Any]],
    value: str,
    height: int = 320,
) -> Spec:
    """The settings of `heat_map_frame` as marks: what errs more is further from the page's colour."""
    x, y = (varied_field_axis(title, ends, most_ticks=0) for title, ends in zip(titles, values, strict=True))
    mark = marks(260, 1, stroke=FAINT[theme], strokeWidth=1)
    return {
        "height": height,
        "config": chart_config(theme, 14),
        "encoding": {"x": {**x, "field": "vx"}, "y": {**y, "field": "vy"}},
        "layer": [{"mark": mark, "encoding": setting_encoding(theme, titles, value)}],
    }
