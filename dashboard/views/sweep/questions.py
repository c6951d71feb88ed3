"""The questions that a sweep answers at the press of a button, above the Sweep page."""

from __future__ import annotations

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.tooltip import tooltip_below
from dashboard.data.screen import read_screen
from dashboard.data.sweep_link import vary_text
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from dashboard.url.permalink import write_recipe
from kdcore.studies.presets import PRESETS, preset
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_questions import QUESTIONS, SweepQuestion, question


def question_buttons(sweep: Sweep) -> None:
    """A button for each question; the one that the page shows is marked."""
    shown = shown_question(sweep)
    with st.container(horizontal=True, key="questions"):
        for one in QUESTIONS:
            st.button(
                _(one.title),
                key=f"question.{one.name}",
                icon=":material/check:" if one is shown else None,
                help=None if one is shown else tooltip_below(_(one.shows)),
                on_click=choose_question,
                args=(one.name,),
            )


def shown_question(sweep: Sweep) -> SweepQuestion | None:
    """The question whose sweep this is; None where it is another."""
    return next((one for one in QUESTIONS if one.sweep == sweep), None)


def choose_question(name: str) -> None:
    """A question was pressed: its recipe and what it varies are filled in; nothing starts."""
    with errors_as_notices():
        read_screen()
        asked = question(name)
        sweep, recipe = asked.sweep, preset(asked.preset).experiment
        varied = {Param.VARY: vary_text(sweep.vary), Param.SEEDS: str(sweep.seeds)}
        elsewhere = dict.fromkeys((Param.RUN, Param.PRESET, Param.SAMPLER, Param.TRIALS))
        write_recipe(recipe, PRESETS[0].experiment, **varied, **elsewhere)
