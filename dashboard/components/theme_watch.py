"""Drawing the page anew when the reader switches the theme: its script draws charts and tables in the theme's colours."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.components.style import theme

_component = st.components.v2.component(
    "theme_watch",
    html='<div class="theme_watch" hidden></div>',
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
)


def theme_watch() -> None:
    """Watch the theme from the browser: where it is not the one in which this page is drawn, the page runs once more."""
    _component(data={"theme": theme()}, key="theme_watch", on_theme_change=_draw_in_it)


def _draw_in_it() -> None:
    """Nothing else is to be done: the page is drawn by the run that calls this."""
