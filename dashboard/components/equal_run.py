"""What Train offers in place of a run that would come out like one that this browser has."""

from __future__ import annotations

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import run_manager
from dashboard.data.ghost_results import left_behind
from dashboard.data.screen import Screen, read_screen
from dashboard.data.start_run import start_run
from dashboard.session import Key
from dashboard.text.translation import _
from dashboard.url.permalink import write_recipe
from kdcore.experiment import SEED_BOUND, Experiment
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.run_record import Run


def offer_instead(equal: Run) -> None:
    """Train was pressed on the recipe of this run: have the page offer what else there is."""
    st.session_state[Key.EQUAL_RUN] = equal.id


def equal_run_offer(screen: Screen) -> None:
    """Draw the offer, while the recipe is still the one on which Train was pressed."""
    equal = _equal_run(screen)
    if equal is None:
        return
    shown = screen.run is not None and screen.run.id == equal.id
    with st.container(horizontal=True, vertical_alignment="center", key="equal_run"):
        st.markdown(_sentence(equal), width="content")
        st.button(_("Again with another seed"), key="another_seed", on_click=train_with_another_seed)
        if not shown:
            label = _("Show the finished one") if equal.status == "finished" else _("Show that one")
            st.button(label, key="show_equal", on_click=show_equal_run, args=(equal.id,))


def _equal_run(screen: Screen) -> Run | None:
    """The run that was found when Train was pressed; None where the recipe is another by now."""
    if Key.EQUAL_RUN not in st.session_state:
        return None
    equal = run_manager.manager().equal_run(screen.draft.hash, screen.owner)
    if equal is None or equal.id != st.session_state[Key.EQUAL_RUN]:
        del st.session_state[Key.EQUAL_RUN]
        return None
    return equal


def _sentence(equal: Run) -> str:
    match equal.status:
        case "finished":
            return _("You have trained this very recipe: the same seeds would give the same curves.")
        case "queued":
            return _("This very recipe is already waiting for its turn.")
    return _("This very recipe is being trained: the same seeds would give the same curves.")


def train_with_another_seed() -> None:
    """Start the recipe with the next seed that this browser has not trained it with."""
    with errors_as_notices():
        screen = read_screen()
        run = start_run(_next_seed(screen.draft, screen.owner), screen.owner)
        ghost = left_behind(screen)
        write_recipe(run.experiment, run.experiment, run=run.id, preset=None, of=None, ghost=ghost)


def _next_seed(experiment: Experiment, owner: str) -> Experiment:
    seed = experiment.init_seed
    while (again := seeded(experiment, seed := (seed + 1) % SEED_BOUND)) != experiment:
        if run_manager.manager().equal_run(again.hash, owner) is None:
            break
    return again


def show_equal_run(run_id: str) -> None:
    """The run that is there already is shown."""
    with errors_as_notices():
        base = run_manager.manager().run(run_id).experiment
        write_recipe(base, base, run=run_id, preset=None, of=None)
