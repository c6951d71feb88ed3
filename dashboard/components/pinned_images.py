"""Six pinned images whose student soft targets move toward the teacher's: bars that glide, ghosts that stay."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts.chart_theme import INK, PAPER
from dashboard.charts.pinned_image_bars import bar_end, pinned_alt
from dashboard.components.figure_downloads import figure_downloads
from dashboard.text.roles import STUDENT, TEACHER, Theme

HERE = Path(__file__).parent
PANELS = '<div class="panels" role="group"></div>'
DRAWING = (HERE / "pinned_panels.js").read_text("utf-8")
STYLE = (HERE / "pinned_panels.css").read_text("utf-8")
PANEL, HEAD, ROW, TEXT, BAR = 170, 76, 15, 56, 92
"""Pixels in the picture: a panel's width, the height of its image, of a bar's row, the width of its words, the longest bar."""
LONGEST = 8
_component = st.components.v2.component(
    "pinned",
    html=PANELS,
    css=STYLE,
    js=DRAWING
    + "export default ({ parentElement, data }) => drawPanels(parentElement.querySelector('.panels'), data);\n",
)


def pinned_images(
    panels: Sequence[dict[str, Any]], temperature: float, theme: Theme, taken: str = ""
) -> None:
    """Draw the images with their bars: the teacher's as outlines, the student's filled.

    taken: what its files are called, where it can be taken away.
    """
    _component(
        data={
            "panels": list(panels),
            "end": bar_end(panels),
            "alt": pinned_alt(panels, temperature),
            **panel_style(theme),
        },
        key="pinned_images",
    )
    if taken:
        figure_downloads("pinned", numbers(panels), name=taken, source=picture(panels, theme))


def panel_style(theme: Theme) -> dict[str, dict[str, str]]:
    """The colours and the names of the two networks."""
    return {
        "colours": {role.name: role.colour(theme) for role in (TEACHER, STUDENT)},
        "names": {role.name: role.label for role in (TEACHER, STUDENT)},
    }


def numbers(panels: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """One row a bar: which image, its label, the class, and both networks' probabilities."""
    rows = [
        (i, panel["label"], bar["name"], bar["teacher"], bar["student"])
        for i, panel in enumerate(panels, 1)
        for bar in panel["bars"]
    ]
    return pd.DataFrame(rows, columns=["image", "label", "class", "teacher", "student"])


def picture(panels: Sequence[dict[str, Any]], theme: Theme) -> str:
    """The images with their bars as SVG, the images inside it."""
    most, end = max(len(panel["bars"]) for panel in panels), bar_end(panels)
    width, height = PANEL * len(panels), HEAD + ROW * most + 8
    drawn = "".join(
        f'<g transform="translate({PANEL * i + 8} 8)">{_panel(panel, end, theme)}</g>'
        for i, panel in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif"><rect width="100%" height="100%" fill="{PAPER[theme]}"/>{drawn}</svg>'
    )


def _panel(panel: dict[str, Any], end: float, theme: Theme) -> str:
    ink = INK[theme]
    parts = [
        f'<image href="{escape(panel["image"])}" width="56" height="56" style="image-rendering: pixelated"/>',
        f'<text x="64" y="54" font-size="18" font-weight="600" fill="{ink}">{escape(panel["label"])}</text>',
    ]
    for i, bar in enumerate(panel["bars"]):
        y = HEAD - 8 + ROW * i
        mark = ' font-weight="700" text-decoration="underline"' if bar["label"] else ""
        name = bar["name"] if len(bar["name"]) <= LONGEST else bar["name"][: LONGEST - 1] + "…"
        parts.append(f'<text x="0" y="{y + 11}" font-size="11" fill="{ink}"{mark}>{escape(name)}</text>')
        for role, place, tall in ((STUDENT, 4, 7), (TEACHER, 1, 13)):
            if (p := bar[role.name]) is not None:
                paint = f'fill="{role.colour(theme)}"'
                if role is TEACHER:
                    paint = f'fill="none" stroke-width="2" stroke="{role.colour(theme)}"'
                parts.append(
                    f'<rect x="{TEXT}" y="{y + place}" width="{BAR * p / end:.1f}" height="{tall}" {paint}/>'
                )
    return "".join(parts)
