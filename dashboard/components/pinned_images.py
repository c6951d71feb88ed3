"""Six pinned images whose student soft targets move toward the teacher's: bars that glide, ghosts that stay."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from dashboard.charts.chart_theme import FONT, INK, PAPER
from dashboard.charts.pinned_image_bars import bar_end
from dashboard.components.browser_component import BrowserComponent
from dashboard.components.figure_downloads import figure_downloads
from dashboard.components.live_run import live_script
from dashboard.components.style import theme
from dashboard.text.roles import STUDENT, TEACHER, TWIN, Theme
from dashboard.text.translation import _

HERE = Path(__file__).parent
PANELS = '<div class="panels" role="group"></div>'
ARITHMETIC = ("softmax", "page_elements", "number_text", "pinned_targets")
"""The JavaScript that computes soft targets and fills in texts."""
STYLE = (HERE / "pinned_panels.css").read_text("utf-8")
PANEL, HEAD, ROW, TEXT, BAR = 170, 76, 15, 56, 92
"""Pixels in the picture: a panel's width, the height of its image, of a bar's row, the width of its words, the longest bar."""
LONGEST = 8
LIVE_PINNED = BrowserComponent(
    "live_pinned",
    f'<div class="live_pinned" hidden><p class="title"><b></b> · <span></span></p>{PANELS}</div>',
    STYLE + ".title { font-family: var(--st-font); color: var(--st-text-color); margin: 0 0 1rem; }",
    live_script(*ARITHMETIC, "pinned_panels", "live_pinned"),
)
_component = LIVE_PINNED.registered()


def pinned_images(address: str, *, over: bool) -> None:
    """Draw the images of a run's stream with their bars: the teacher's as outlines, the student's filled.

    over: the page is drawn as of the stream's end.
    """
    data = {"address": address, "over": over, **panel_style(theme()), "texts": pinned_texts()}
    _component(data=data, key="live_pinned")


def pinned_downloads(panels: Sequence[dict[str, Any]], name: str) -> None:
    """The images as they are at the run's end, to be taken away. name: what the files are called."""
    figure_downloads("pinned", numbers(panels), name=name, source=picture(panels, theme()))


def pinned_texts() -> dict[str, str]:
    """What is said of the images, with places for the temperature {T}, their number {n} and a full line's percentage {end}."""
    return {
        "title": _("Soft targets at T = {T}"),
        "legend_teacher": _("outline: the teacher, bar: the student, underlined: the label; a full line is {end} %"),
        "legend": _("bar: the student, underlined: the label; a full line is {end} %"),
        "alt_teacher": _("Soft targets of {n} validation images at T = {T}: the student's bars beside the teacher's outlines."),
        "alt": _("Soft targets of {n} validation images at T = {T}: the student's bars."),
    }  # fmt: skip


def panel_style(theme: Theme) -> dict[str, dict[str, str]]:
    """The colours, the names and the marks of the networks."""
    roles = (TEACHER, TWIN, STUDENT)
    return {
        "colours": {role.name: role.colour(theme) for role in roles},
        "names": {role.name: role.label for role in roles},
        "marks": {role.name: role.mark for role in roles},
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
        f'font-family="{escape(FONT)}"><rect width="100%" height="100%" fill="{PAPER[theme]}"/>{drawn}</svg>'
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
