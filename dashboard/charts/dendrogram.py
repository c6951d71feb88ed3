"""The dendrogram of classes: which join, and at what distance."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.charts.chart_theme import INK, chart_config
from dashboard.charts.confusion_matrix import class_axis, label_room
from dashboard.charts.vega import Spec, quantitative, string_list
from dashboard.text.roles import Theme
from dashboard.text.translation import _


def dendrogram_spec(theme: Theme, order: Sequence[str], ends: tuple[float, float], height: int = 110) -> Spec:
    """The lines between two distances, `height` pixels high with short names below. Frame: x, x2, y, y2, a straight line per row; x counts the classes in `order`."""
    x = quantitative(
        "x",
        title=None,
        scale={"domain": [-0.5, len(order) - 0.5], "nice": False},
        axis={
            **class_axis(order),
            "values": list(range(len(order))),
            "labelExpr": f"{string_list(order)}[datum.value]",
            "domain": False,
        },
    )
    y = quantitative(
        "y", title=_("distance"), scale={"domain": [*ends], "nice": False}, axis={"tickCount": 3, "grid": False}
    )  # fmt: skip
    return {
        "height": height + label_room(order),
        "config": chart_config(theme, 14),
        "mark": {
            "type": "rule",
            "clip": True,
            "strokeWidth": 1.5,
            "color": INK[theme],
            "strokeCap": "square",
        },
        "encoding": {"x": x, "x2": {"field": "x2"}, "y": y, "y2": {"field": "y2"}},
    }
