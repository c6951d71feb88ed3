"""The pages by their paths, and how they link to each other: to lead to a page nobody has to import it.

`app.py` declares the pages with these paths. Streamlit knows a page by its path alone.
"""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

SOFT_TARGETS = "soft-targets"
TRAIN = "train"
DARK_KNOWLEDGE = "dark-knowledge"
SWEEP = "sweep"
RUNS = "runs"
REFERENCE = "reference"
CLASS = "class"


def page_at(path: str) -> StreamlitPage:
    """What `st.page_link` and `st.switch_page` take for the page with that path."""
    return st.Page(_declared_in_app, url_path=path)


def _declared_in_app() -> None:
    """Never called: the page that `app.py` declares under the path is what opens."""
