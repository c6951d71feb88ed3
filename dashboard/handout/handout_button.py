"""The button that takes a page away: what is on the first screen, and the finished run that is shown, in one file."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard.components.soft_targets import SoftTargetData
from dashboard.data import run_curves
from dashboard.data.page_state import is_going_on
from dashboard.data.training_facts import training_facts
from dashboard.handout.explorer import ExplorerSet, sets_on_screen
from dashboard.handout.page import Handout
from dashboard.handout.replay import Replay
from dashboard.handout.run_facts import run_facts
from dashboard.text.translation import _, language, listing
from kdcore.export.recorded_run import SHORT_ID
from kdcore.inference.models import InferenceModel
from kdcore.runs.run_record import Run
from kdcore.translation import speaking


def handout_button(
    run: Run | None, source: str, shown: tuple[InferenceModel, ...], data: SoftTargetData
) -> None:
    """Draw it; the page is made when it is pressed."""
    replayed = run if run is not None and not is_going_on(run) and run.results.get("dataset") else None
    st.download_button(
        _("Take this page away"),
        partial(_page, replayed, source, shown, data, language()),
        file_name=f"stillroom-{replayed.id[:SHORT_ID]}-page.html"
        if replayed
        else "stillroom-soft-targets.html",
        mime="text/html",
        icon=":material/download:",
        key="take_page_away",
        help=_(
            "One file that needs no server and no network: these pictures with their soft targets, and the run that is shown, step by step."
        ),
        on_click="ignore",
    )


def _page(
    run: Run | None, source: str, shown: tuple[InferenceModel, ...], data: SoftTargetData, reader: str
) -> bytes:
    with speaking(reader):
        sets = sets_on_screen(source, shown, data)
        if run is None:
            return _explorer_page(sets, shown).encode()
        title, facts = run_facts(run)
        return (
            Handout(title, facts, sets, Replay(run, run_curves.curves(run), training_facts(run)))
            .html()
            .encode()
        )


def _explorer_page(sets: list[ExplorerSet], shown: tuple[InferenceModel, ...]) -> str:
    networks = listing(one.title for one in shown)
    return Handout(_("Soft targets of {networks}").format(networks=networks), [shown[0].dataset], sets).html()
