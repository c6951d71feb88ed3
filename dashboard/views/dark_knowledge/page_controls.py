"""What shapes every view: the split, the temperature, and the selected cell, as the link says them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.recipe import TEMPERATURES
from dashboard.data.compared_networks import Cell
from dashboard.data.screen import Screen
from dashboard.session import Key
from dashboard.text.split_titles import split_title
from dashboard.text.translation import _, told
from dashboard.url.parameters import Param
from dashboard.url.permalink import decode, encode
from dashboard.url.query_parameters import left_out, read_pair, set_parameters, shortened, unknown
from dashboard.url.widget_values import is_echo, read_choice, sync_widget, write_choice
from dashboard.views.dark_knowledge.view_state import forget_clicks
from kdcore.errors import InvalidExperiment

if TYPE_CHECKING:
    from kdcore.runs.run_record import Run

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


def temperature_in_link(screen: Screen, run: Run | None, problems: list[str]) -> float:
    """The page's own temperature where somebody has set one; else that of the run whose networks these are, or the recipe's.

    A run's claims are made at its own temperature, whatever the recipe has come to elsewhere.
    """
    usual = screen.draft.temperature if run is None else run.experiment.temperature
    text = st.query_params.get(Param.COMPARED_AT)
    if text is None:
        return usual
    try:
        return screen.draft.with_flat(temperature=decode("temperature", text)).temperature
    except InvalidExperiment as error:
        why = str(error).removeprefix("This experiment cannot run. ").replace(text, shortened(text))
        problems.append(left_out(Param.COMPARED_AT, told(why), f"T = {usual:g}"))
        return usual


def choose_temperature(temperature: float) -> None:
    """Draw the temperature's slider."""
    st.select_slider(
        _("Temperature T"),
        sorted({*TEMPERATURES, temperature}),
        sync_widget(Key.AT_T, temperature),
        format_func="T = {:g}".format,
        key=Key.AT_T,
        on_change=_write_temperature,
    )


def _write_temperature() -> None:
    if is_echo(Key.AT_T):
        return
    with errors_as_notices():
        set_parameters(**{Param.COMPARED_AT: encode(float(st.session_state[Key.AT_T]))})
