"""What every view is drawn from (the networks, the temperature, the selected cell), and the charts that select by clicks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts.click_selection import PICKED
from dashboard.charts.vega import Spec
from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.figure_downloads import figure_downloads
from dashboard.components.style import theme
from dashboard.data.compared_networks import Cell, ComparedNetworks
from dashboard.session import Key
from dashboard.text.roles import Theme
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import set_parameters
from dashboard.url.stale_requests import restore_newest_link
from kdcore.runs.run_record import Run


@dataclass(frozen=True)
class ViewState:
    """What is on the page.

    Attributes:
        view: the view's name.
        compared: the networks and their outputs on the split.
        temperature: at which soft targets are compared.
        cell: the selected label and answer.
        run: the run that the networks belong to; None for teachers.
        problems: a sentence for each parameter of the link that could not be taken; a view adds its own.
    """

    view: str
    compared: ComparedNetworks
    temperature: float
    cell: Cell | None
    run: Run | None
    problems: list[str]

    @property
    def theme(self) -> Theme:
        """The session's theme."""
        return theme()

    @property
    def chosen_classes(self) -> frozenset[str]:
        """The names of the selected label and answer."""
        return frozenset(self.compared.classes[c] for c in self.cell or ())

    @property
    def at(self) -> str:
        """The temperature as text."""
        return f"{self.temperature:g}"


MARK = "background-color: rgba(214, 0, 108, 0.18)"


def highlight_row(row: pd.Series, chosen: Collection[str]) -> list[str]:
    """The styles of a table's row whose first cell is a class: a selected class is highlighted."""
    return [MARK if row.iloc[0] in chosen else ""] * len(row)


def cell_text(cell: Cell) -> str:
    """A cell as the link's parameter."""
    return f"{cell[0]}-{cell[1]}"


def select(cell: Cell | None, figure: str = "") -> None:
    """Write into the link what was selected in a figure, or that nothing is any more."""
    restore_newest_link()
    st.session_state[Key.CLICKED] = figure
    set_parameters(cell=cell_text(cell) if cell else None)


FOLDED = """<style>@media (max-width: 640px) {{
  .st-key-compared > * > * {{ flex-direction: column; flex-wrap: nowrap; gap: 1rem; }}
  .st-key-compared > * > * :has(.st-key-view), .st-key-view,
  .st-key-view > :has(> * > [data-testid="stColumn"]), .st-key-view > * > :has(> [data-testid="stColumn"]) {{ display: contents; }}
  [data-testid="stColumn"]:has(.st-key-selection) {{ order: 1; }}
  .st-key-view > :has(.st-key-{figure}) ~ *, .st-key-view > :has(.st-key-{figure}) ~ * [data-testid="stColumn"],
  .st-key-view [data-testid="stColumn"]:has(.st-key-{figure}) ~ [data-testid="stColumn"] {{ order: 2; }}
}}</style>"""
"""On a phone, where all columns are stacked, the selection comes below the figure that was clicked."""


def fold_below_clicked() -> None:
    """Where there is one column, put the selection below the figure in which it was made."""
    if figure := st.session_state.get(Key.CLICKED):
        st.html(FOLDED.format(figure=figure))


def chart(key: str, frame: pd.DataFrame, spec: Spec, alt: str) -> None:
    """A chart without clicks, with its picture and its numbers to download."""
    with st.container(key=key):
        st.vega_lite_chart(frame, spec, key=f"{key}_vega", width="stretch", alt=alt)
    figure_downloads(key, frame)


def clickable(key: str, frame: pd.DataFrame, spec: Spec, alt: str, drop: Sequence[str] = ()) -> None:
    """A chart whose cells or points select. drop: columns that are left out of the numbers to download."""
    name = f"{key}_vega"
    with st.container(key=key):
        st.vega_lite_chart(
            frame,
            spec,
            key=name,
            width="stretch",
            alt=alt,
            on_select=partial(_click, key, name),
            selection_mode=PICKED,
        )
    figure_downloads(key, frame.drop(columns=["chosen", *drop]))


# ---------------------------------------------------------------------------------------------- clicks

# A chart reports which cells are picked in it, never which one was clicked, and reports nothing when a click changes
# nothing. So each click adds its cell to the chart's picks or removes it, and the difference is what was clicked.


def _click(key: str, name: str) -> None:
    with errors_as_notices():
        restore_newest_link()
        before = st.session_state.setdefault(Key.PICKS, {})
        now = _picks(st.session_state[name])
        cell = clicked(before.get(name, []), now)
        before[name] = now
        if cell is not None:
            select(None if cell_text(cell) == st.query_params.get(Param.CELL) else cell, key)


def _picks(state: Mapping[str, Any]) -> list[Cell]:
    points = state["selection"].get(PICKED) or []
    return [(int(one["label"]), int(one["answer"])) for one in points if {"label", "answer"} <= set(one)]


def clicked(before: Sequence[Cell], now: Sequence[Cell]) -> Cell | None:
    """The cell that was clicked between two reports of a chart's picks; None where that cannot be known."""
    added = [cell for cell in now if cell not in before]
    removed = [cell for cell in before if cell not in now]
    if added:
        return added[-1]
    return removed[0] if len(removed) == 1 else None


def forget_clicks() -> None:
    """Forget the picks and the clicked figure: charts that are drawn anew have no picks."""
    st.session_state.pop(Key.PICKS, None)
    st.session_state.pop(Key.CLICKED, None)
