"""The reliability diagram: how often each network is right against how sure it is."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.charts.chart_theme import FAINT, chart_config
from dashboard.charts.role_scales import network_scale, network_width
from dashboard.charts.vega import Spec, data_domain, nominal, quantitative
from dashboard.text.roles import Role, Theme
from dashboard.text.translation import _

UNIT_SCALE = {"domain": [0, 1], "nice": False}


def reliability_spec(theme: Theme, names: Sequence[str], roles: Sequence[Role], height: int = 300) -> Spec:
    """Accuracy against confidence, bin by bin; on the dashed diagonal the two agree.

    Frame: who, confidence, accuracy, images, low, high (the edges of the bin). A mark's area grows with its bin's images.
    """
    axis = {"format": "%", "tickCount": 5}
    _least, most = data_domain("images", otherwise=(0, 1))
    encoding = {
        "x": quantitative("confidence", title=_("mean belief in the answer"), scale=UNIT_SCALE, axis=axis),
        "y": quantitative("accuracy", title=_("share that is right"), scale=UNIT_SCALE, axis=axis),
        "color": network_scale(names, [role.colour(theme) for role in roles]),
    }
    dash = network_scale(names, [list(role.dash) for role in roles])
    width = network_width({name: role.width for name, role in zip(names, roles, strict=True)})
    marks = {
        "shape": network_scale(names, [role.shape for role in roles]),
        "size": quantitative(
            "images", legend=None, scale={"type": "sqrt", "range": [25, 400], "domain": [0, most]}
        ),
        "tooltip": _tooltip(),
    }
    return {
        "height": height,
        "config": chart_config(theme, 14),
        "layer": [
            _diagonal(theme),
            {"mark": {"type": "line"}, "encoding": {**encoding, "strokeDash": dash, "strokeWidth": width}},
            {"mark": {"type": "point", "filled": True, "opacity": 1}, "encoding": {**encoding, **marks}},
        ],
    }


def _tooltip() -> list[Spec]:
    return [
        nominal("who", title=_("who")),
        quantitative("low", title=_("from"), format=".1%"),
        quantitative("high", title=_("to"), format=".1%"),
        quantitative("confidence", title=_("mean belief"), format=".1%"),
        quantitative("accuracy", title=_("right"), format=".1%"),
        quantitative("images", title=_("images"), format=",d"),
    ]


def _diagonal(theme: Theme) -> Spec:
    begin = {"datum": 0, "scale": UNIT_SCALE}
    return {
        "mark": {"type": "rule", "aria": False, "strokeDash": [4, 4], "color": FAINT[theme]},
        "encoding": {"x": begin, "y": begin, "x2": {"datum": 1}, "y2": {"datum": 1}},
    }
