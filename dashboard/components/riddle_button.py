"""The button that fills in a riddle: a run with a fault, or with none, to be found out."""

from __future__ import annotations

import secrets

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import torch_imports
from dashboard.data.screen import Screen, read_screen
from dashboard.text.translation import _
from dashboard.url.permalink import write_recipe
from kdcore.studies.presets import PRESETS

SEEDS = 1000


def riddle_button(screen: Screen) -> None:
    """Draw the button; nothing until torch is imported."""
    if torch_imports.warm():
        st.button(
            _("Find the fault: a riddle"),
            key="riddle_button",
            icon=":material/help:",
            help=_("A recipe with one of the faults, or none. The link holds its number, not its answer."),
            on_click=choose_riddle,
            disabled=screen.watching,
            width="stretch",
        )


def choose_riddle() -> None:
    """It was pressed: one of a thousand riddles is filled in; nothing starts."""
    from kdcore.faults.riddles import riddle

    with errors_as_notices():
        read_screen()
        write_recipe(riddle(secrets.randbelow(SEEDS)), PRESETS[0].experiment, run=None, preset=None, of=None)
