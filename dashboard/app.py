"""The pages, declared; each is one file in `views/`."""

from pathlib import Path

import streamlit as st

from dashboard.components.navigation import bar
from dashboard.texts import _
from dashboard.views import dark_knowledge, reference, runs, soft_targets, sweep, train

st.set_page_config(page_title="Stillroom", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide")
PAGES = [
    st.Page(soft_targets.page, title=_("Soft targets"), url_path="soft-targets", default=True),
    st.Page(train.page, title=_("Train"), url_path="train"),
    st.Page(dark_knowledge.page, title=_("Dark knowledge"), url_path="dark-knowledge"),
    st.Page(sweep.page, title=_("Sweep"), url_path="sweep"),
    st.Page(runs.page, title=_("Runs"), url_path="runs"),
    st.Page(reference.page, title=_("Reference"), url_path="reference"),
]
chosen = st.navigation(PAGES, position="hidden")
bar(PAGES)
chosen.run()
