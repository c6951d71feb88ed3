"""The Runs page: every run there is, found, sorted, marked, compared, deleted and cleaned up."""

from __future__ import annotations

import streamlit as st

from dashboard.components.export_menu import export_menu
from dashboard.components.live_run import live_address, live_state
from dashboard.components.page_frame import draw_page, notices_above
from dashboard.components.run_comparison import run_comparison
from dashboard.components.storage import open_storage
from dashboard.components.waiting_list import waiting_list
from dashboard.data.active_runs import LIST, active_runs, active_state
from dashboard.data.compared_runs import lettered_runs
from dashboard.data.screen import Screen
from dashboard.pages import TRAIN, page_at
from dashboard.session import Key
from dashboard.text.translation import _, ngettext
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import set_parameters
from dashboard.url.widget_values import is_echo, sync_widget
from dashboard.views.runs.chosen_runs import chosen_runs, without_faults
from dashboard.views.runs.delete_and_undo import chosen_bar, restore_button, undo_bar
from dashboard.views.runs.filters import (
    FoundRuns,
    filter_row,
    find_runs,
    nothing_found,
    page_count,
)
from dashboard.views.runs.history_table import history_table
from kdcore.runs.history_filter import HistoryFilter
from kdcore.runs.run_record import Run


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(screen: Screen) -> None:
    if run_id := st.session_state.pop(Key.OPEN, None):
        st.switch_page(page_at(TRAIN), query_params={Param.RUN: run_id})
    with notices_above(screen) as problems:
        wanted = filter_row(screen.owner, problems)
        found = find_runs(wanted, problems)
        chosen = chosen_runs(wanted.deleted, problems)
        waiting_list(screen.owner)
        _bar(screen.owner, wanted, found, chosen)
        if found.page.lines:
            history_table(screen.owner, found, chosen, not wanted.deleted)
        else:
            st.info(nothing_found(wanted))
        if not wanted.deleted:
            live_state("list_state", live_address(LIST), active_state(active_runs()))
        if chosen and not wanted.deleted:
            _comparison(chosen, problems)


def _comparison(chosen: list[Run], problems: list[str]) -> None:
    """The chosen runs beside each other, and their exports; one with a fault on purpose is exported by itself."""
    compared = without_faults(chosen, problems)
    exported = compared or chosen[:1]
    if ended := [run for run in exported if run.finished is not None]:
        export_menu(ended, key="exports_compared")
    if compared:
        run_comparison(lettered_runs(compared))


def _bar(owner: str, wanted: HistoryFilter, found: FoundRuns, chosen: list[Run]) -> None:
    """How many runs there are, the pages, and what can be done with those that are chosen."""
    undo_bar()
    total = found.page.total
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        st.markdown(ngettext("{n} run", "{n} runs", total).format(n=f"**{total:,}**"), width="content")
        st.caption(_("errors: on the test images"), width="content")
        if page_count(found.page) > 1:
            sync_widget(Key.PAGE, found.number)
            st.pagination(page_count(found.page), key=Key.PAGE, max_visible_pages=5, on_change=_turn_page)
        if wanted.deleted:
            restore_button(found.page.lines)
        elif chosen:
            chosen_bar(owner, chosen)
        st.space("stretch")
        st.button(_("Storage"), key="storage", icon=":material/hard_drive:", on_click=_ask_for_storage)
    if st.session_state.get(Key.STORAGE):
        open_storage(owner, _close_storage)


def _turn_page() -> None:
    if not is_echo(Key.PAGE):
        page_number = st.session_state[Key.PAGE]
        set_parameters(**{Param.PAGE: str(page_number) if page_number > 1 else None})


def _ask_for_storage() -> None:
    st.session_state[Key.STORAGE] = True


def _close_storage() -> None:
    st.session_state.pop(Key.STORAGE, None)
