"""The drawing of a method: its networks, and what its loss compares, from its plan."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard.charts.method_diagram import method_diagram, method_diagram_html
from dashboard.components.style import theme
from dashboard.data import method_cards
from dashboard.text.translation import _


def draw_method_diagram(method: str, settings: Mapping[str, float]) -> None:
    """Draw the method's stages with these settings of its own; nothing while they are not known."""
    if stages := method_cards.wired(method, settings):
        st.html(method_diagram_html(method_diagram(stages, theme())))
        st.caption(_("filled: learns · outline: only answers · lines: what the loss compares"))
