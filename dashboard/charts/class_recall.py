"""The share of each class's images that each network finds: a line a class, a mark a network."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dashboard.charts.chart_theme import INK, SELECTED, chart_config
from dashboard.charts.role_scales import network_scale
from dashboard.charts.vega import Spec, nominal, quantitative, quoted
from dashboard.text.roles import Role, Theme
from dashboard.text.translation import _

LINE = 26
"""Pixels that a class takes."""
HEAD = 60
"""Pixels of the axis and the legend."""


def class_recall_spec(
    theme: Theme,
    names: Sequence[str],
    roles: Sequence[Role],
    order: Sequence[str],
    low: float,
    marked: Collection[str],
) -> Spec:
    """Recall from `low` to 1 by class, in that order; the names of `marked` classes stand out. Frame: who, class, recall, images."""
    is_marked = " || ".join(f"datum.value === {quoted(name)}" for name in sorted(marked)) or "false"
    y_axis = {
        "ticks": False,
        "domain": False,
        "grid": True,
        "labelLimit": 160,
        "labelOverlap": False,
        "labelColor": {"condition": {"test": is_marked, "value": SELECTED[theme]}, "value": INK[theme]},
    }
    return {
        "height": LINE * len(order) + HEAD,
        "config": chart_config(theme, 14),
        "mark": {"type": "point", "filled": True, "opacity": 0.9, "size": 110},
        "encoding": {
            "y": nominal("class", sort=[*order], scale={"domain": [*order]}, title=None, axis=y_axis),
            "x": quantitative(
                "recall",
                title=_("share of the class's images that is found"),
                scale={"domain": [low, 1], "nice": False, "padding": 10},
                axis={"format": "%", "tickCount": 6, "grid": False},
            ),
            "color": network_scale(names, [role.colour(theme) for role in roles]),
            "shape": network_scale(names, [role.shape for role in roles]),
            "tooltip": _tooltip(),
        },
    }


def _tooltip() -> list[Spec]:
    return [
        nominal("class", title=_("class")),
        nominal("who", title=_("network")),
        quantitative("recall", title=_("found"), format=".1%"),
        quantitative("images", title=_("images"), format=",d"),
    ]
