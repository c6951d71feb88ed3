"""Six pinned images whose student soft targets move toward the teacher's: bars that glide, ghosts that stay."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts.chart_theme import INK, PAPER
from dashboard.charts.pinned_image_bars import bar_end
from dashboard.components.figure_downloads import figure_downloads
from dashboard.text.roles import STUDENT, TEACHER, Theme
from dashboard.text.translation import _

_JS = """
export default function ({ parentElement, data }) {
  const root = parentElement.querySelector('.panels');
  root.setAttribute('aria-label', data.alt);
  const shape = JSON.stringify(data.panels.map(p => [p.image, p.bars.map(b => b.name)]));
  if (root.dataset.shape !== shape) {  // built once, then only widths change, so that bars can glide
    root.dataset.shape = shape;
    root.replaceChildren(...data.panels.map(panel => {
      const figure = document.createElement('figure');
      const image = document.createElement('img');
      image.src = panel.image;
      image.alt = panel.label;
      const caption = document.createElement('figcaption');
      caption.textContent = panel.label;
      const bars = document.createElement('div');
      bars.className = 'bars';
      for (const bar of panel.bars) {
        const row = document.createElement('div');
        row.className = bar.label ? 'bar answer' : 'bar';
        const name = document.createElement('span');
        name.textContent = bar.name;
        name.title = bar.name;
        const track = document.createElement('div');
        track.className = 'track';
        for (const who of ['student', 'teacher']) {
          const mark = document.createElement('i');
          mark.className = who;
          track.append(mark);
        }
        row.append(name, track);
        bars.append(row);
      }
      const head = document.createElement('div');
      head.className = 'head';
      head.append(image, caption);
      figure.append(head, bars);
      return figure;
    }));
  }
  root.style.setProperty('--teacher', data.colours.teacher);
  root.style.setProperty('--student', data.colours.student);
  const rows = root.querySelectorAll('.bar');
  let i = 0;
  for (const panel of data.panels) for (const bar of panel.bars) {
    const row = rows[i++];
    const texts = [];
    for (const who of ['student', 'teacher']) {
      const mark = row.querySelector('.' + who);
      const p = bar[who];
      mark.style.display = p === null ? 'none' : '';
      if (p === null) continue;
      mark.style.width = 100 * p / data.end + '%';
      texts.push(data.names[who] + ' ' + (100 * p).toFixed(1) + ' %');
    }
    row.title = bar.name + ': ' + texts.join(', ');
  }
}
"""
_CSS = """
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(100px, 1fr)); gap: 1rem 1.25rem; }
figure { margin: 0; min-width: 0; }
.head { display: flex; align-items: end; gap: 0.5rem; margin-bottom: 0.4rem; }
img { width: 64px; height: 64px; image-rendering: pixelated; border-radius: 4px; border: 1px solid var(--st-border-color); }
figcaption { font-size: 1.25rem; font-weight: 600; color: var(--st-text-color); overflow-wrap: anywhere; line-height: 1.1; }
.bars { display: grid; grid-template-columns: fit-content(4.5rem) 1fr; column-gap: 0.4rem; }
.bar { display: contents; }
.bar span {
  font-size: 0.75rem; line-height: 15px; color: var(--st-text-color); overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
}
.bar.answer span { font-weight: 700; text-decoration: underline; }
.track { position: relative; height: 15px; border-left: 1px solid var(--st-border-color); }
.track i { position: absolute; left: 0; box-sizing: border-box; transition: width 200ms ease-out; }
.student { top: 4px; height: 7px; background: var(--student); }
.teacher { top: 1px; height: 13px; border: 2px solid var(--teacher); border-left: 0; }
@media (prefers-reduced-motion: reduce) { .track i { transition: none; } }
"""
PANEL, HEAD, ROW, TEXT, BAR = 170, 76, 15, 56, 92
"""Pixels in the picture: a panel's width, the height of its image, of a bar's row, the width of its words, the longest bar."""
LONGEST = 8
_component = st.components.v2.component(
    "pinned", html='<div class="panels" role="group"></div>', css=_CSS, js=_JS
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
            "colours": {role.name: role.colour(theme) for role in (TEACHER, STUDENT)},
            "names": {role.name: role.label for role in (TEACHER, STUDENT)},
            "alt": _alt(panels).format(n=len(panels), T=f"{temperature:g}"),
        },
        key="pinned_images",
    )
    if taken:
        figure_downloads("pinned", numbers(panels), name=taken, source=picture(panels, theme))


def _alt(panels: Sequence[dict[str, Any]]) -> str:
    if any(bar["teacher"] is not None for panel in panels for bar in panel["bars"]):
        return _("Soft targets of {n} validation images at T = {T}: the student's bars beside the teacher's outlines.")  # fmt: skip
    return _("Soft targets of {n} validation images at T = {T}: the student's bars.")


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
