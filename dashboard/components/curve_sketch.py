"""A curve that the reader sketches, and the measured one beside it once the sketch is locked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.components.soft_targets import svg_role_style
from dashboard.components.style import theme
from dashboard.data.lesson_questions import MeasuredCurve, Sketch
from dashboard.text.translation import _

HERE = Path(__file__).parent
SCRIPTS = ("number_text", "page_elements", "line_figure", "curve_sketch")
"""The component's code, in this order; the last exports what Streamlit calls."""
_component = st.components.v2.component(
    "curve_sketch",
    html='<div class="sketch"></div>',
    css=(HERE / "curve_sketch.css").read_text("utf-8"),
    js="\n".join((HERE / f"{name}.js").read_text("utf-8") for name in SCRIPTS),
)


def curve_sketch(question: Sketch, key: str) -> Any:
    """Draw it to be sketched: what the browser sent, a height for each place; None before anything was moved."""
    return _component(data=_data(question, None, None), key=key, on_points_change=_nothing).points


def sketched_curve(question: Sketch, points: list[float], key: str) -> None:
    """Draw what was sketched beside what was measured."""
    _component(data=_data(question, points, question.measured()), key=key, on_points_change=_nothing)


def _data(question: Sketch, points: list[float] | None, measured: MeasuredCurve | None) -> dict[str, Any]:
    label, value = question.beside()
    return {
        "at": question.at,
        "places": [question.place_at(place) for place in range(len(question.at))],
        "along": _(question.along),
        "low": question.low,
        "high": question.high,
        "step": question.step,
        "ticks": question.ticks,
        "unit": _(question.unit),
        "given": question.given(),
        "reference": {"label": label, "value": value},
        "points": points,
        "measured": None if measured is None else {"values": measured.values, "spreads": measured.spreads},
        "look": svg_role_style(question.role, theme()),
        "theme": theme(),
        "texts": {
            "asks": _(question.asks),
            "note": _("Drag the points up and down, or use the arrow keys. The first is given."),
            "sketch": _("your sketch"),
            "measured": _("measured, with the spread of its seeds"),
            "described": "" if measured is None else question.described(measured),
        },
    }


def _nothing() -> None:
    """Does nothing: a state value exists only where it has a callback."""
