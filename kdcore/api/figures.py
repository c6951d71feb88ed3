"""Plotly figures of a run and of a sweep, in the page's colours; Plotly is imported here and nowhere else in the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plotly.graph_objects import Figure, Scatter

from kdcore.experiment_fields import field_label
from kdcore.role_styles import RoleStyle, role_style

if TYPE_CHECKING:
    from kdcore.api.result import Result
    from kdcore.api.sweeping import SweepResult

VALIDATION = "val_errors"
MARKS = {
    "square": "square",
    "circle": "circle",
    "triangle-up": "triangle-up",
    "triangle-down": "triangle-down",
}
THEMES = {
    False: {"paper": "#FFFFFF", "text": "#1A1A1A", "grid": "#D5D8D3"},
    True: {"paper": "#0F1214", "text": "#F2F2F2", "grid": "#3A4148"},
}
"""By whether it is dark."""


def curves_figure(result: Result, *, dark: bool = False) -> Figure:
    """Validation errors by epoch: twin and student as lines, the teacher as a level."""
    curves = result.curves
    table = curves[curves["series"] == VALIDATION]
    figure = Figure(layout=_layout("epoch", "errors on validation images", dark))
    students = table[table["phase"] == "students"]
    end = float(students["epoch"].max()) if len(students) else 1.0
    for role in _in_order(students["role"].unique()):
        rows = students[students["role"] == role]
        figure.add_trace(Scatter(x=rows["epoch"], y=rows["value"], **_line(role, dark)))
    taught = table[(table["role"] == "teacher") & (table["phase"] != "students")]
    if len(taught):
        level = float(taught["value"].iloc[-1])
        figure.add_trace(Scatter(x=[0.0, end], y=[level, level], **_line("teacher", dark)))
    return figure


def sweep_figure(swept: SweepResult, *, dark: bool = False) -> Figure:
    """Test errors of every student and twin against the first field that the sweep varies."""
    table, name = swept.table, next(iter(swept.definition.vary))
    figure = Figure(layout=_layout(field_label(name), "errors on test images", dark))
    for role in ("twin", "student"):
        rows = table[table["role"] == role]
        if name in rows and rows[name].notna().any():
            marks = _marks(role, dark)
            figure.add_trace(Scatter(x=rows[name], y=rows["test_errors"], mode="markers", **marks))
        elif len(rows):
            mean, style = float(rows["test_errors"].mean()), _style(role, dark)
            figure.add_hline(y=mean, line=style, annotation_text=f"{role}, mean")
    return figure


def _in_order(roles: Any) -> list[str]:
    return sorted(roles, key=lambda role: (role != "twin", role))


def _line(role: str, dark: bool) -> dict[str, Any]:
    return {"name": role, "mode": "lines", "line": _style(role, dark)}


def _style(role: str, dark: bool) -> dict[str, Any]:
    style = role_style(role)
    dash = "solid" if style.dash == (1, 0) else ",".join(f"{length}px" for length in style.dash)
    return {"color": _colour(style, dark), "width": style.width, "dash": dash}


def _marks(role: str, dark: bool) -> dict[str, Any]:
    style = role_style(role)
    symbol = MARKS.get(style.shape, "diamond")
    return {"name": role, "marker": {"color": _colour(style, dark), "symbol": symbol, "size": 9}}


def _colour(style: RoleStyle, dark: bool) -> str:
    return style.dark if dark else style.light


def _layout(across: str, up: str, dark: bool) -> dict[str, Any]:
    theme = THEMES[dark]
    axis = {"gridcolor": theme["grid"], "zerolinecolor": theme["grid"]}
    return {
        "paper_bgcolor": theme["paper"],
        "plot_bgcolor": theme["paper"],
        "font": {"color": theme["text"], "size": 14},
        "xaxis": {"title": {"text": across}, **axis},
        "yaxis": {"title": {"text": up}, "rangemode": "tozero", **axis},
        "legend": {"orientation": "h", "y": 1.1},
        "margin": {"l": 60, "r": 20, "t": 40, "b": 50},
        "template": "none",
    }
