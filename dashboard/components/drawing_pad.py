"""A pad to draw a digit on, with mouse, finger or pen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.text.translation import _

HERE = Path(__file__).parent
SIDE = 56
"""The ink arrives on a grid of this many cells per side."""
_HTML = """<div class="pad" style="visibility: hidden">
  <canvas width="280" height="280" role="img"></canvas>
  <div class="tools"><button type="button"></button><button type="button"></button></div>
  <p aria-live="polite"></p><p class="note"></p>
</div>"""
"""Hidden until it has its words: a screen reader would meet buttons without a name."""
_component = st.components.v2.component(
    "drawing_pad",
    html=_HTML,
    css=(HERE / "drawing_pad.css").read_text("utf-8"),
    js=(HERE / "drawing_pad.js").read_text("utf-8"),
)


def drawing_pad(key: str) -> list[int]:
    """Draw the pad.

    Returns the ink, SIDE * SIDE whole numbers from 0 (paper) to 255 (ink), row after row. It is sent when a stroke ends, is
    taken back, or all are cleared; before that the list is empty.
    """
    drawn = _component(
        data={
            "side": SIDE,
            "texts": {
                "pad": _("Drawing pad"),
                "undo": _("Undo stroke"),
                "clear": _("Clear"),
                "note": _(
                    "Draw with mouse, finger or pen; with the keyboard alone, upload a picture instead. "
                    "Neither a link nor other pictures keep the drawing."
                ),
                "strokes": _("strokes: {n}"),
                "empty": _("Nothing is drawn yet."),
            },
        },
        key=key,
        on_ink_change=_nothing,
    ).ink
    return _checked(drawn) if drawn else []


def _checked(drawn: Any) -> list[int]:
    """The ink that a browser sent; an empty pad where that is not a drawing."""
    pixels = drawn.get("pixels") if isinstance(drawn, Mapping) else None
    if not isinstance(pixels, list) or len(pixels) != SIDE * SIDE:
        return []
    if not all(isinstance(value, int) and 0 <= value <= 255 for value in pixels):
        return []
    return pixels


def _nothing() -> None:
    """Does nothing: a state value exists only where it has a callback."""
