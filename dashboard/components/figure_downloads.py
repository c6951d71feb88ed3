"""The downloads of a figure: its picture as PNG and SVG, made in the browser, and its numbers as CSV."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.charts.chart_theme import FONT, PAPER
from dashboard.components.style import theme
from dashboard.text.roles import Role
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from kdcore.export.recorded_run import SHORT_ID
from kdcore.export.spreadsheet_text import csv_bytes

RUN_ID = re.compile(r"[\w-]{6,64}", re.ASCII)
"""What an id looks like: the rest of a hand-edited link names no file."""

# Streamlit draws a chart as one svg below the container that bears its key, and offers no SVG of it.
_JS = """
export default function ({ parentElement, data }) {
  const drawn = () => document.querySelector('.st-key-' + CSS.escape(data.figure) + ' svg.marks');
  const save = (href, ending) => {
    const link = document.createElement('a');
    link.href = href;
    link.download = data.name + ending;
    link.click();
  };
  const NS = 'http://www.w3.org/2000/svg', PAD = 24, HEAD = 20;  // pixels around the chart, and for the names above it
  const legend = () => {
    const line = document.createElementNS(NS, 'text');
    line.setAttribute('y', -PAD / 2);
    line.setAttribute('font-family', data.font);
    line.setAttribute('font-size', 14);
    data.names.forEach(({ name, colour }, i) => {
      const one = document.createElementNS(NS, 'tspan');
      if (i) one.setAttribute('dx', 18);
      one.setAttribute('fill', colour);
      one.textContent = name;
      line.append(one);
    });
    return line;
  };
  const isDrawn = () => data.source || drawn();
  const source = () => {
    if (data.source) return data.source;
    const { width, height } = drawn().getBoundingClientRect();
    const head = data.names.length ? HEAD : 0;
    const copy = drawn().cloneNode(true);
    copy.setAttribute('xmlns', NS);
    copy.setAttribute('width', width + 2 * PAD);
    copy.setAttribute('height', height + 2 * PAD + head);
    copy.setAttribute('viewBox', [-PAD, -PAD - head, width + 2 * PAD, height + 2 * PAD + head].join(' '));
    copy.style.width = copy.style.height = '';
    copy.style.background = data.paper;
    if (head) copy.append(legend());
    return new XMLSerializer().serializeToString(copy);
  };
  const url = () => 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(source());
  parentElement.querySelector('.svg').onclick = () => isDrawn() && save(url(), '.svg');
  parentElement.querySelector('.png').onclick = () => {
    if (!isDrawn()) return;
    const image = new Image();
    image.onload = () => {
      const { width, height } = image;
      const canvas = document.createElement('canvas');
      const scale = Math.max(2, window.devicePixelRatio);
      canvas.width = width * scale;
      canvas.height = height * scale;
      const pen = canvas.getContext('2d');
      pen.fillStyle = data.paper;
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(image, 0, 0, canvas.width, canvas.height);
      save(canvas.toDataURL('image/png'), '.png');
    };
    image.src = url();
  };
}
"""
_CSS = """
div { display: flex; gap: 0.25rem; }
button {
  all: unset; cursor: pointer; font-family: var(--st-font); font-size: 0.875rem; color: var(--st-text-color);
  padding: 0.15rem 0.4rem 0.11rem; /* on one line with the CSV button */
  border-radius: 4px;
}
button:hover { text-decoration: underline; }
button:focus-visible { outline: 2px solid var(--st-primary-color); }
"""
_HTML = (
    '<div><button class="png" type="button">PNG</button><button class="svg" type="button">SVG</button></div>'
)
_component = st.components.v2.component("take_away", html=_HTML, css=_CSS, js=_JS)


def after_shown_run(key: str) -> str:
    """The figure's name behind that of the run which the link shows, where it shows one."""
    run = st.query_params.get(Param.RUN, "")
    return f"stillroom-{run[:SHORT_ID]}-{key}" if RUN_ID.fullmatch(run) else key


def figure_downloads(
    key: str,
    frame: pd.DataFrame,
    *,
    picture: bool = True,
    name: str = "",
    source: str = "",
    named: Sequence[Role] = (),
) -> None:
    """Draw the buttons of the figure whose container has this key. The picture is of its chart; a table has none.

    name: what the files are called; where none is given the key, after the run that the page shows. source: the picture as SVG, where the figure is no chart.
    named: the roles whose colours the picture explains, since the page around it does not come along.
    """
    name = name or after_shown_run(key)
    names = [{"name": f"{one.mark} {one.label}", "colour": one.colour(theme())} for one in named]
    data = {
        "figure": key,
        "name": name,
        "source": source,
        "paper": PAPER[theme()],
        "names": names,
        "font": FONT,
    }
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key=f"{key}_take_away"):
        if picture:
            _component(data=data, key=f"{key}_pictures", width="content")
        st.download_button(
            _("CSV"),
            lambda: csv_bytes(frame),
            file_name=f"{name}.csv",
            mime="text/csv",
            key=f"{key}_csv",
            type="tertiary",
            on_click="ignore",
        )
