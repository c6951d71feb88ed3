"""What whoever opens somebody else's run finds first: an invitation to train their own beside it."""

from __future__ import annotations

import secrets

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import experiment_checks
from dashboard.data.page_state import is_going_on
from dashboard.data.screen import Screen, read_screen
from dashboard.data.start_run import start_run
from dashboard.text.numbers import percent
from dashboard.text.translation import _, plain, together
from dashboard.url.permalink import write_recipe
from kdcore.experiment import Experiment
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.run_record import Run

SEEDS = 1000
"""From how many seeds an invited run takes one: a class that opens one link spreads over them."""


def invitation(screen: Screen) -> None:
    """Draw it, where another browser's run is shown."""
    if screen.run is None or not screen.watching:
        return
    with st.container(key="invitation", horizontal=True, vertical_alignment="center"):
        st.button(
            _("Train your own"), key="own", type="primary", icon=":material/play_arrow:", on_click=train_own
        )
        yours = _("Yours takes another seed, with this one faintly behind.")
        st.markdown(plain(together([_result(screen.run), yours])))


def train_own() -> None:
    """It was pressed: the same recipe begins from other seeds, and the shared run becomes its ghost."""
    with errors_as_notices():
        screen = read_screen()
        shared = screen.steered
        experiment = seeded(shared.experiment, _another_seed(shared.experiment))
        experiment_checks.check(experiment)
        run = start_run(experiment, screen.owner)
        write_recipe(run.experiment, run.experiment, run=run.id, preset=None, of=None, ghost=shared.id)


def _another_seed(experiment: Experiment) -> int:
    return secrets.choice([seed for seed in range(SEEDS) if seed != experiment.init_seed])


def _result(run: Run) -> str:
    """What the shared run came to."""
    student, twin = run.results.get("student"), run.results.get("twin")
    if is_going_on(run):
        return _("You are watching somebody else's run while it trains.")
    if not student or not twin or not student.get("test_images"):
        return _("This is somebody else's run.")
    images = student["test_images"]
    return _("Somebody's run: the student is wrong on {student} of the test images, its twin on {twin}.").format(
        student=percent(student["test_errors"] / images, images), twin=percent(twin["test_errors"] / images, images)
    )  # fmt: skip
