"""A figure that is turned and explored, drawn by Plotly, and the viewpoints that a keyboard reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
CONFIG: dict[str, Any] = {
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


def explored_figure(key: str, figure: Figure, *, alt: str = "", save_as: str = "") -> None:
    """Draw it; Streamlit brings Plotly along, so no network is needed.

    alt: what it shows, for who cannot see it. save_as: the name of the picture that its own button saves, as SVG; without one it has none.
    """
    config = CONFIG | (_saved_as(save_as) if save_as else {})
    with st.container(key=key):
        st.plotly_chart(figure, key=f"{key}_plotly", theme=None, config=config, alt=alt or None)


def _saved_as(name: str) -> dict[str, object]:
    removed = [one for one in CONFIG["modeBarButtonsToRemove"] if one != "toImage"]
    return {
        "modeBarButtonsToRemove": removed,
        "toImageButtonOptions": {"format": "svg", "filename": name},
    }
