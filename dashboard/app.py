"""The pages, declared; each is one file in `views/`."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.components.navigation import RootLink, bar
from dashboard.text.translation import _
from dashboard.views import reference, runs, soft_targets, sweep, train
from dashboard.views.dark_knowledge import page

st.set_page_config(page_title="Stillroom", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide")


def first(kind: type[StreamlitPage]) -> StreamlitPage:
    """The page at the root, as itself or as its link."""
    return kind(soft_targets.page, title=_("Soft targets"), url_path="soft-targets", default=True)


PAGES = [
    first(st.Page),
    st.Page(train.page, title=_("Train"), url_path="train"),
    st.Page(page.page, title=_("Dark knowledge"), url_path="dark-knowledge"),
    st.Page(sweep.page, title=_("Sweep"), url_path="sweep"),
    st.Page(runs.page, title=_("Runs"), url_path="runs"),
    st.Page(reference.page, title=_("Reference"), url_path="reference"),
]
chosen = st.navigation(PAGES, position="hidden")
bar([first(RootLink), *PAGES[1:]])
chosen.run()
