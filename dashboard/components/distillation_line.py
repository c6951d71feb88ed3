"""What distillation is, in one line on the first screen, and the ways on: to Train, and for a first visitor to a lesson."""

from __future__ import annotations

import streamlit as st

from dashboard.components.first_visit import first_visit
from dashboard.components.navigation import carried_parameters
from dashboard.pages import TRAIN, page_at
from dashboard.text.translation import _


def distillation_line() -> None:
    """Draw the line, with a link to Train that keeps what the reader has set."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="distillation"):
        st.markdown(
            _(
                "**Distillation** trains a small network on what a large one believes of a picture, not on its label alone."
            ),
            width="content",
        )
        st.page_link(
            page_at(TRAIN),
            label=_("Train a small network with it"),
            icon=":material/arrow_forward:",
            query_params=carried_parameters(TRAIN),
        )
        first_visit()
