"""Mean soft targets over the selected images: a bar per class and network."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.charts.chart_theme import INK, SELECTED, chart_config
from dashboard.charts.role_scales import network_scale
from dashboard.charts.vega import Spec, data_domain, nominal, quantitative, quoted
from dashboard.text.roles import Role, Theme
from dashboard.text.translation import _


def mean_soft_target_spec(
    theme: Theme, names: Sequence[str], roles: Sequence[Role], order: Sequence[str], marked: Sequence[str]
) -> Spec:
    """The bars of the classes in `order`; those of `marked` stand out. Frame: who, class, belief."""
    is_marked = " || ".join(f"datum.value === {quoted(name)}" for name in marked) or "false"
    axis = {
        "ticks": False,
        "domain": False,
        "labelLimit": 90,
        "labelFontWeight": {"condition": {"test": is_marked, "value": "bold"}, "value": "normal"},
        "labelColor": {"condition": {"test": is_marked, "value": SELECTED[theme]}, "value": INK[theme]},
    }
    tooltip = [
        nominal("who", title=_("who")),
        nominal("class", title=_("class")),
        quantitative("belief", title=_("belief"), format=".3~%"),
    ]
    _low, high = data_domain("belief", otherwise=(0, 1))
    return {
        "height": max(160, len(order) * (6 + 7 * len(names))),
        "config": chart_config(theme, 14),
        "mark": {"type": "bar"},
        "encoding": {
            "y": nominal("class", sort=[*order], title=None, axis=axis, scale={"paddingInner": 0.25}),
            "yOffset": nominal("who", sort=[*names], scale={"domain": [*names]}),
            "x": quantitative("belief", title=None, stack=None, axis={"format": "%", "tickCount": 4}, scale={"domain": [0, high], "nice": True}),
            "color": network_scale(names, [role.colour(theme) for role in roles]),
            "tooltip": tooltip,
        },
    }  # fmt: skip
