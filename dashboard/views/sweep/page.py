"""The Sweep page: vary a field over several seeds, watch all settings train, and read what the figures support."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.components.changed_settings import changed_from_default
from dashboard.components.error_boundary import errors_in_place
from dashboard.components.live_run import live_address
from dashboard.components.page_frame import draw_page
from dashboard.components.recipe import recipe, unknown_group
from dashboard.components.sweep_answer import drawn_by_script
from dashboard.data import selected_run, sweep_link, sweep_progress, watched_sweeps
from dashboard.data.screen import Screen
from dashboard.data.sweep_progress import SweepProgress
from dashboard.data.sweep_prospect import is_of
from dashboard.data.sweep_status import sweep_state
from dashboard.session import started_sweeps, take_notices
from dashboard.text.translation import _, plain, told
from dashboard.url.parameters import Param
from dashboard.url.stale_requests import write_link
from dashboard.views.sweep.controls import start_button, sweep_controls
from dashboard.views.sweep.exploration import exploration
from dashboard.views.sweep.figures import announcement, conclusion, figures, run_address
from dashboard.views.sweep.form import sweep_form
from dashboard.views.sweep.prospect import prospect, show_own_sweep
from dashboard.views.sweep.questions import question_buttons, shown_question
from dashboard.views.sweep.ranking import ranking_table
from kdcore.studies.sweep import Sweep

LEFT, RIGHT = 1.0, 3.2


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(screen: Screen) -> None:
    if screen.run is not None:  # a sweep goes around a run's recipe, not around the run
        write_link(selected_run.put_aside())
        st.rerun()
    if show_own_sweep(screen):
        st.rerun()
    asked = Param.VARY in st.query_params
    problems: list[str] = [*screen.problems, *unknown_group()]
    sweep = sweep_link.read_sweep(st.query_params.to_dict(), screen.draft, problems)
    progress = _progress(sweep, screen.owner)
    question_buttons(sweep)
    left, right = st.columns([LEFT, RIGHT])
    with left:
        start_button(progress, screen.owner)
    status = right.container(key="status")
    with right:
        if (question := shown_question(sweep)) is None:
            changed_from_default(screen, sweep.vary)
        else:
            st.markdown(_(question.shows))
    with st.container(key="messages"):
        if sentences := [*problems, *take_notices()]:
            st.warning("\n\n".join(map(plain, sentences)))
    with st.container(key="below"):
        side, main = st.columns([LEFT, RIGHT], gap="medium")
    with side:
        sweep_form(sweep)
        recipe(replace(screen, varied=tuple(sweep.vary)))
    address = live_address(watched_sweeps.watch(sweep, run_address())) if progress.live else ""
    with errors_in_place(), status:
        drawn = drawn_by_script(progress, run_address())
        sweep_controls(progress, screen.owner, address, sweep_state(progress, drawn))
    with main, errors_in_place():
        if not (progress.live or progress.complete):
            prospect(progress, screen.owner)
        if asked or is_of(screen.owner, progress):
            _results(progress, address)
        else:
            announcement(progress)


def _progress(sweep: Sweep, owner: str) -> SweepProgress:
    """How far it is; this browser's own counts as started by it, also after a reload."""
    progress = sweep_progress.progress_of(sweep)
    if progress.live and is_of(owner, progress):
        started_sweeps().add(sweep.hash)
    return progress


def _results(progress: SweepProgress, address: str) -> None:
    """What came of the sweep so far. address: of the stream while it goes on, else empty."""
    for run in progress.unfinished:
        if run.error:
            st.error(plain(told(run.error)))
    comparable = progress.with_common_seeds()
    conclusion(comparable, len(progress.members) - progress.finished)
    figures(progress, comparable, address)
    if comparable.complete and not address:
        exploration(comparable)
    ranking_table(comparable, address)
