"""A sweep's ranking on the page, and its download."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard.components.figure_downloads import figure_downloads
from dashboard.components.live_run import live_text
from dashboard.components.sweep_ranking import ranking_caption, ranking_html
from dashboard.data import sweep_tables
from dashboard.data.sweep_progress import SweepProgress
from dashboard.text.translation import _
from dashboard.views.sweep.figures import download_name, run_address


def ranking_table(progress: SweepProgress, address: str) -> None:
    """The settings by their newest validation error, best first. address: of the stream while the sweep goes on, else empty."""
    html = ranking_html(progress, run_address())
    if not html:
        return
    st.subheader(_("Ranking"), anchor=False)
    if address:
        live_text("ranking_live", address, "ranking", html)
        caption = f'<p class="small">{escape(ranking_caption(progress))}</p>'
        live_text("ranking_caption", address, "ranking.caption", caption)
        return
    st.html(html)
    if caption := ranking_caption(progress):
        st.caption(caption)
    figure_downloads(
        "ranking",
        sweep_tables.of_settings(progress),
        picture=False,
        name=download_name(progress, "ranking"),
    )
