"""The history's table on the page: what it is sent, and the messages that come back from it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.live_run import live_address
from dashboard.components.runs_table import runs_table
from dashboard.components.runs_table_messages import RefusedMark, TableMessage, TablePosition, new_messages
from dashboard.data import method_cards, run_manager
from dashboard.data.active_runs import LIST
from dashboard.data.compared_runs import run_letters
from dashboard.data.screen import read_screen
from dashboard.session import Key, browser_id
from dashboard.text.translation import told
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import set_parameters
from dashboard.views.runs.chosen_runs import choose_runs, chosen_ids
from dashboard.views.runs.filters import FoundRuns, find_runs, history_filter
from kdcore.errors import RunRefused
from kdcore.runs.history import ORDERS
from kdcore.runs.run_record import Run, digest

TALL, LOW = "70vh", "21rem"
"""The table's height in CSS: alone, and above a comparison."""


def history_table(owner: str, found: FoundRuns, chosen: list[Run], listed: bool) -> None:
    """Draw the table of the found runs, above a comparison where runs are chosen.

    listed: they are not deleted, and those that go on are followed.
    """
    lines = found.page.lines
    runs_table(
        lines,
        key=Key.TABLE,
        mine={line.id for line in lines if line.owner == digest(owner)},
        letters=dict(zip((run.id for run in chosen), run_letters(len(chosen)), strict=True)),
        order=found.order,
        reverse=found.reverse,
        page=found.number,
        height=LOW if chosen else TALL,
        titles=method_cards.method_titles(),
        refused=st.session_state.get(Key.REFUSED_MARKS, {}),
        handled=st.session_state.get(Key.TABLE_NEWS, TablePosition()),
        on_message=_receive,
        address=live_address(LIST) if listed else "",
    )


def _receive() -> None:
    """The table has sent messages: they are checked like anything that comes from outside."""
    with errors_as_notices():
        read_screen()
    handled = st.session_state.get(Key.TABLE_NEWS, TablePosition())
    st.session_state[Key.TABLE_NEWS], messages = new_messages(
        st.session_state[Key.TABLE].get("messages"), handled
    )
    for message in messages:
        with errors_as_notices():
            obey(message, browser_id())


def obey(message: TableMessage, owner: str) -> None:
    """Do what the table asks for.

    Raises:
        RunRefused: the run is another browser's, or unknown.
    """
    run_id, value, manager = message.run, message.value, run_manager.manager()
    match message.does:
        case "choose":
            others = [other for other in chosen_ids() if other != run_id]
            choose_runs([*others, run_id] if value else others)
        case "choose_all":
            listed = [line.id for line in find_runs(history_filter(owner), []).page.lines]
            others = [other for other in chosen_ids() if other not in listed]
            choose_runs([*others, *listed] if value else others)
        case "sort":
            _sort(value)
        case "star":
            manager.mark(run_id, owner, starred=value)
        case "tags":
            _write_marks(message, owner, tags=value.split(","))
        case "note":
            _write_marks(message, owner, note=value)
        case "open":
            st.session_state[Key.OPEN] = manager.run(run_id).id


def _write_marks(message: TableMessage, owner: str, **marks: Any) -> None:
    """Tags or a note; what is refused stays in its field with the reason, however soon the page is drawn again.

    Raises:
        RunRefused: the run is another browser's, or unknown.
    """
    refused = dict(st.session_state.get(Key.REFUSED_MARKS, {}))
    refused.pop((message.run, message.does), None)
    try:
        run_manager.manager().mark(message.run, owner, **marks)
    except RunRefused as error:
        if not run_manager.manager().may_command(message.run, owner):
            raise
        refused[message.run, message.does] = RefusedMark(message.value, told(error))
    st.session_state[Key.REFUSED_MARKS] = refused


def _sort(by: str) -> None:
    """Sort by that column; a second press reverses it."""
    if by in ORDERS:
        again = st.query_params.get(Param.ORDER, "date") == by
        order = f"-{by}" if again else by
        set_parameters(**{Param.ORDER: None if order == "date" else order, Param.PAGE: None})
