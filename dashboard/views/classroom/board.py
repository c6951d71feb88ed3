"""The board: all of the class's runs as they finish, drawn from the class's stream."""

from __future__ import annotations

import streamlit as st

from dashboard.charts.class_board import board_spec
from dashboard.components.class_panel import class_stream
from dashboard.components.live_run import live_chart
from dashboard.components.style import theme
from dashboard.text.translation import _
from kdcore.classroom.classroom import Classroom


def board(classroom: Classroom) -> None:
    """Draw it."""
    st.markdown("### " + _("All runs of the class"))
    spec = board_spec(theme(), _("temperature T"), _("errors on test images"))
    alt = _("Each finished run of the class: the student's errors on test images against T, and its twin's.")
    live_chart("class_board", class_stream(classroom.code), "board", spec, alt, over=not classroom.open)
    st.caption(
        _("▲ a student, ○ its twin, taught by labels only. A mark opens its run. Runs appear as they finish.")
    )
