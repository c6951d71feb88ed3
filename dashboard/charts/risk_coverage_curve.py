"""Risk against coverage: how often each network errs among the images of which it is surest."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.charts.chart_theme import chart_config
from dashboard.charts.role_scales import network_scale, network_width
from dashboard.charts.vega import Spec, nominal, quantitative
from dashboard.text.roles import Role, Theme
from dashboard.text.translation import _


def risk_coverage_spec(
    theme: Theme,
    names: Sequence[str],
    roles: Sequence[Role],
    begin: float = 0.0,
    top: float = 1.0,
    height: int = 340,
) -> Spec:
    """Error against coverage, a line a network, with its role's mark at each tenth of the images.

    begin: the coverage at which the axis begins; what lies before it is not drawn. top: the largest risk that is drawn.
    Frame: who, coverage, risk (shares), errors, images, confidence (the belief of the least sure of them), marked.
    """
    encoding = {
        "x": _coverage_axis(begin),
        "y": _risk_axis(top),
        "color": network_scale(names, [role.colour(theme) for role in roles]),
    }
    line = {
        "strokeDash": network_scale(names, [list(role.dash) for role in roles]),
        "strokeWidth": network_width({name: role.width for name, role in zip(names, roles, strict=True)}),
    }
    marks = {
        "shape": network_scale(names, [role.shape for role in roles]),
        "tooltip": _tooltip(),
    }
    return {
        "height": height,
        "config": chart_config(theme, 14),
        "transform": [{"filter": f"datum.coverage >= {begin - 1e-9}"}],
        "layer": [
            {"mark": {"type": "line"}, "encoding": {**encoding, **line}},
            {
                "transform": [{"filter": "datum.marked"}],
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": 80},
                "encoding": {**encoding, **marks},
            },
        ],
    }


def _coverage_axis(begin: float) -> Spec:
    scale = {"domain": [begin, 1], "nice": False}
    axis = {"format": "%", "tickCount": 5}
    return quantitative("coverage", title=_("share of the images, the surest first"), scale=scale, axis=axis)


def _risk_axis(top: float) -> Spec:
    scale = {"domain": [0, top], "nice": True}
    axis = {"format": "~%", "tickCount": 5}
    return quantitative("risk", title=_("wrong among them"), scale=scale, axis=axis)


def _tooltip() -> list[Spec]:
    return [
        nominal("who", title=_("who")),
        quantitative("coverage", title=_("of the images"), format=".0%"),
        quantitative("images", title=_("images"), format=",d"),
        quantitative("errors", title=_("wrong"), format=",.0f"),
        quantitative("risk", title=_("wrong among them"), format=".2%"),
        quantitative("confidence", title=_("belief at least"), format=".1%"),
    ]
