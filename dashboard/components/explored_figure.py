"""A figure that is turned and explored, drawn by Plotly, and the viewpoints that a keyboard reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.charts.plotly_theme import EYES, Viewpoint
from dashboard.text.translation import _
from kdcore.texts import N_

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

NAMES: dict[Viewpoint, str] = {
    "corner": N_("from a corner"),
    "front": N_("from the front"),
    "side": N_("from the side"),
    "above": N_("from above"),
}
CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["toImage", "tableRotation", "resetCameraLastSave3d"],
}
"""Pictures are saved below the figures, with their tables."""


def viewpoint(figure: str) -> Viewpoint:
    """Draw the choice of where one looks from; what is chosen."""
    chosen: Viewpoint | None = st.segmented_control(
        _("Seen from"),
        [*EYES],
        default="corner",
        format_func=lambda name: _(NAMES[name]),
        key=f"{figure}.viewpoint",
        required=True,
        label_visibility="collapsed",
    )
    return chosen or "corner"


def explored_figure(key: str, figure: Figure) -> None:
    """Draw it; Streamlit brings Plotly along, so no network is needed."""
    with st.container(key=key):
        st.plotly_chart(figure, key=f"{key}_plotly", theme=None, config=CONFIG)
