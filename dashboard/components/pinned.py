"""Six pinned images whose student soft targets move toward the teacher's: bars that glide, ghosts that stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.charts import bar_end
from dashboard.roles import STUDENT, TEACHER, Theme
from dashboard.texts import _

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
    const said = [];
    for (const who of ['student', 'teacher']) {
      const mark = row.querySelector('.' + who);
      const p = bar[who];
      mark.style.display = p === null ? 'none' : '';
      if (p === null) continue;
      mark.style.width = 100 * p / data.end + '%';
      said.push(data.names[who] + ' ' + (100 * p).toFixed(1) + ' %');
    }
    row.title = bar.name + ': ' + said.join(', ');
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
_component = st.components.v2.component(
    "pinned", html='<div class="panels" role="group"></div>', css=_CSS, js=_JS
)


def pinned_images(panels: Sequence[dict[str, Any]], temperature: float, theme: Theme) -> None:
    """Draw the images with their bars: the teacher's as outlines, the student's filled."""
    _component(
        data={
            "panels": list(panels),
            "end": bar_end(panels),
            "colours": {role.name: role.colour(theme) for role in (TEACHER, STUDENT)},
            "names": {role.name: role.label for role in (TEACHER, STUDENT)},
            "alt": _(
                "Soft targets of {n} validation images at T = {T}: the student's bars beside the teacher's outlines."
            ).format(n=len(panels), T=f"{temperature:g}"),
        },
        key="pinned_images",
    )
