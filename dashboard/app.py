"""The pages, declared; each is a file or a folder in `views/`."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard import pages
from dashboard.components.address_bar import address_bar
from dashboard.components.connection_notice import connection_notice
from dashboard.components.framed_notice import framed_notice
from dashboard.components.lesson_rail import begin_lesson, lesson_rail, open_lesson
from dashboard.components.navigation import RootLink, navigation_bar
from dashboard.components.theme_watch import theme_watch
from dashboard.components.word_hints import word_hints
from dashboard.text.page_titles import page_titles
from dashboard.text.translation import settle_language
from dashboard.views.dark_knowledge.page import page as dark_knowledge
from dashboard.views.reference import page as reference
from dashboard.views.runs.page import page as runs
from dashboard.views.soft_targets import page as soft_targets
from dashboard.views.sweep.page import page as sweep
from dashboard.views.train import page as train

st.set_page_config(page_title="Stillroom", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide")

settle_language()
titles = page_titles()


def first_page(kind: type[StreamlitPage]) -> StreamlitPage:
    """The page at the root, as itself or as its link."""
    return kind(soft_targets, title=titles[pages.SOFT_TARGETS], url_path=pages.SOFT_TARGETS, default=True)


PAGES = [
    first_page(st.Page),
    st.Page(train, title=titles[pages.TRAIN], url_path=pages.TRAIN),
    st.Page(dark_knowledge, title=titles[pages.DARK_KNOWLEDGE], url_path=pages.DARK_KNOWLEDGE),
    st.Page(sweep, title=titles[pages.SWEEP], url_path=pages.SWEEP),
    st.Page(runs, title=titles[pages.RUNS], url_path=pages.RUNS),
    st.Page(reference, title=titles[pages.REFERENCE], url_path=pages.REFERENCE),
]
chosen = st.navigation(PAGES, position="hidden")
address_bar()
navigation_bar([first_page(RootLink), *PAGES[1:]], chosen.url_path or pages.SOFT_TARGETS)
begin_lesson()
connection_notice()
framed_notice()
theme_watch()
word_hints()
chosen.run()
if lesson := open_lesson():
    lesson_rail(lesson, chosen.url_path or pages.SOFT_TARGETS)
