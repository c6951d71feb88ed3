"""The Sweep page: vary a field over several seeds, watch all settings train, and read what the figures support."""

from __future__ import annotations

import time
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.error_boundary import errors_in_place
from dashboard.components.page_frame import draw_page
from dashboard.components.recipe import recipe
from dashboard.data import sweep_link, sweep_progress, viewer_load
from dashboard.data.screen import Screen
from dashboard.data.sweep_progress import SweepProgress
from dashboard.session import has_notices, take_notices
from dashboard.text.translation import _, plain
from dashboard.url.permalink import write_recipe
from dashboard.views.sweep.controls import start_button, sweep_controls
from dashboard.views.sweep.figures import conclusion, figures
from dashboard.views.sweep.form import sweep_form
from dashboard.views.sweep.ranking import ranking_table
from kdcore.studies.presets import PRESETS
from kdcore.studies.sweep import Sweep

FRESH, TICK, SLOW = 0.5, 1.0, 3.0
"""Seconds between polls of a sweep: just started, training, waiting."""
YOUNG, JUST = 600, 6.0
"""A run with fewer events, or one that has waited for fewer seconds, has just started."""
LEFT, RIGHT = 1.0, 3.2


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(screen: Screen) -> None:
    if screen.run is not None:  # a sweep goes around a run's recipe, not around the run
        write_recipe(screen.run.experiment, PRESETS[0].experiment, run=None, preset=None)
        st.rerun()
    problems: list[str] = [*screen.problems]
    sweep = sweep_link.read_sweep(st.query_params.to_dict(), screen.draft, problems)
    progress = sweep_progress.progress_of(sweep)
    left, right = st.columns([LEFT, RIGHT], vertical_alignment="center")
    with left:
        start_button(progress, screen.owner)
    status = right.container(key="status")
    with st.container(key="messages"):
        if sentences := [*problems, *take_notices()]:
            st.warning("\n\n".join(map(plain, sentences)))
    with st.container(key="below"):
        side, main = st.columns([LEFT, RIGHT], gap="medium")
    with side:
        sweep_form(sweep)
        recipe(replace(screen, varied=tuple(sweep.vary)))
    with main:
        every = period(progress, viewer_load.count_this_viewer())
        st.fragment(_watch, run_every=every)(sweep, every, screen.owner, status, st.container())


def _watch(
    sweep: Sweep, every: float | None, owner: str, status: DeltaGenerator, place: DeltaGenerator
) -> None:
    """The part that is drawn again and again; a full run of the page changes how often, and shows waiting notices."""
    with errors_in_place():
        progress = sweep_progress.progress_of(sweep)
        if period(progress, viewer_load.count_this_viewer()) != every or has_notices():
            st.rerun()
        with status:
            sweep_controls(progress, owner)
        with place:
            for run in progress.unfinished:
                if run.error:
                    st.error(plain(_(run.error)))
            comparable = progress.with_common_seeds()
            conclusion(comparable, students_to_train=len(progress.members) - progress.finished)
            figures(progress, comparable)
            ranking_table(comparable)


def period(progress: SweepProgress, viewers: int = 1) -> float | None:
    """Seconds between polls: few when it is young, more while it waits or many watch; None when nothing goes on."""
    live = [run for run in progress.unfinished if run.live]
    if live:
        return FRESH if live[0].seq < YOUNG else TICK * viewer_load.poll_factor(viewers)
    queued = [run for run in progress.unfinished if run.status == "queued"]
    if queued:
        return FRESH if time.time() - queued[0].created < JUST else SLOW
    return None
