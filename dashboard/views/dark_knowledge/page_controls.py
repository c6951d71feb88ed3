"""What shapes every view: the split, the temperature, and the selected cell, as the link says them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.recipe import TEMPERATURES
from dashboard.data.compared_networks import Cell
from dashboard.data.screen import Screen, read_screen
from dashboard.session import Key
from dashboard.text.split_titles import split_title
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from dashboard.url.permalink import write_recipe
from dashboard.url.query_parameters import left_out, read_pair, unknown
from dashboard.url.widget_values import is_echo, read_choice, sync_widget, write_choice
from dashboard.views.dark_knowledge.view_state import forget_clicks

SPLITS = ("test", "validation")


def choose_split(problems: list[str]) -> str:
    """Draw the choice of a split; the chosen one."""
    split = read_choice(Param.SPLIT, Key.SPLIT, SPLITS, SPLITS[0]) or SPLITS[0]
    problems += unknown(Param.SPLIT, SPLITS, split_title(split))
    st.segmented_control(
        _("Images"),
        SPLITS,
        default=split,
        format_func=split_title,
        key=Key.SPLIT,
        on_change=_write_split,
        required=True,
        label_visibility="collapsed",
    )
    return split


def _write_split() -> None:
    write_choice(Param.SPLIT, Key.SPLIT, SPLITS[0])
    forget_clicks()


def selected_cell(classes: Sequence[str], problems: list[str]) -> Cell | None:
    """The label and the answer that the link selects; None where it selects none."""
    link_cell = st.query_params.get(Param.CELL)
    cell = read_pair(link_cell, len(classes))
    if link_cell is not None and cell is None:
        why = _("it does not name two classes of these images.")
        problems.append(left_out(Param.CELL, why, _("no selection")))
    return cell


def choose_temperature(screen: Screen) -> None:
    """Draw the temperature's slider."""
    steps = sorted({*TEMPERATURES, screen.draft.temperature})
    st.select_slider(
        _("Temperature T"),
        steps,
        sync_widget(Key.AT_T, screen.draft.temperature),
        format_func="T = {:g}".format,
        key=Key.AT_T,
        on_change=_write_temperature,
    )


def _write_temperature() -> None:
    if is_echo(Key.AT_T):
        return
    with errors_as_notices():
        screen = read_screen()
        write_recipe(screen.draft.with_flat(temperature=float(st.session_state[Key.AT_T])), screen.base)
