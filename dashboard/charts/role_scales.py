"""Scales that draw each role in its own colour, dash, mark and width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.charts.vega import Spec, nominal, quoted
from dashboard.text.roles import OTHER, ROLES, STUDENT, TEACHER, Theme, role

LOOKS = [*ROLES, OTHER]


def role_colour(theme: Theme) -> Spec:
    """The colour channel, by the column `look`."""
    return _role_scale([role(name).colour(theme) for name in LOOKS])


def role_dash() -> Spec:
    """The dash channel, by the column `look`."""
    return _role_scale([list(role(name).dash) for name in LOOKS])


def role_shape() -> Spec:
    """The shape channel, by the column `look`."""
    return _role_scale([role(name).shape for name in LOOKS])


def role_width() -> Spec:
    """The width channel: a student's line is thicker than the others."""
    thick = {"test": f"datum.look === '{STUDENT.name}'", "value": STUDENT.width}
    return {"condition": thick, "value": TEACHER.width}


def network_width(widths: Mapping[str, float]) -> Spec:
    """The width channel, by the column `who`: a scale of its own would be one over names without an order."""
    conditions = [{"test": f"datum.who === {quoted(name)}", "value": width} for name, width in widths.items()]
    return {"condition": conditions, "value": TEACHER.width}


def _role_scale(values: Sequence[Any]) -> Spec:
    return nominal("look", legend=None, scale={"type": "ordinal", "domain": LOOKS, "range": list(values)})


def network_scale(names: Sequence[str], values: Sequence[Any]) -> Spec:
    """A channel with one value per network, by the column `who`, and a legend of the names."""
    scale = {"domain": [*names], "range": list(values)}
    return nominal(
        "who", legend={"orient": "top", "title": None, "labelLimit": 120, "offset": 4}, scale=scale
    )
