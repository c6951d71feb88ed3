"""A training that waits at its first step, so that somebody can watch it step by step."""

from __future__ import annotations

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import experiment_checks
from dashboard.data.ghost_results import left_behind
from dashboard.data.screen import Screen, read_screen
from dashboard.data.start_run import start_run
from dashboard.text.translation import _
from dashboard.url.permalink import write_recipe

PACE = 10.0
"""Steps a second at which it goes on when it is told to: what an eye can follow."""


def slow_start_button(screen: Screen, *, waits: bool) -> None:
    """Draw the button. waits: the recipe holds values that were refused."""
    st.button(
        _("Watch it step by step"),
        icon=":material/slow_motion_video:",
        width="stretch",
        on_click=start_paused,
        key="slow",
        disabled=screen.watching or waits,
        help=_(
            "The same training, held before its first step: go on step by step, or slowly; the speed can be changed at any time."
        ),
    )


def start_paused() -> None:
    """It was pressed: a run of its own begins, and waits at its first step."""
    with errors_as_notices():
        screen = read_screen()
        experiment_checks.check(screen.draft)
        run = start_run(screen.draft, screen.owner, begin_paused=PACE)
        ghost = left_behind(screen)
        write_recipe(run.experiment, run.experiment, run=run.id, preset=None, of=None, ghost=ghost)
