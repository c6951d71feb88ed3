"""The pages, declared; each is a file or a folder in `views/`."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard import pages
from dashboard.components.address_bar import address_bar
from dashboard.components.class_bar import class_bar, go_where_the_class_is, page_not_shown, shown_pages
from dashboard.components.connection_notice import connection_notice
from dashboard.components.dialog import no_dialog_yet
from dashboard.components.framed_notice import framed_notice
from dashboard.components.lesson_rail import begin_lesson, lesson_rail, open_lesson
from dashboard.components.navigation import RootLink, navigation_bar
from dashboard.components.theme_watch import theme_watch
from dashboard.components.word_hints import word_hints
from dashboard.data import class_seat
from dashboard.text.page_titles import page_titles
from dashboard.text.translation import settle_language
from dashboard.views.classroom.page import page as classroom
from dashboard.views.dark_knowledge.page import page as dark_knowledge
from dashboard.views.reference import page as reference
from dashboard.views.runs.page import page as runs
from dashboard.views.soft_targets import page as soft_targets
from dashboard.views.sweep.page import page as sweep
from dashboard.views.train import page as train

st.set_page_config(page_title="Stillroom", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide")

no_dialog_yet()
seat = class_seat.seat_of(class_seat.known_browser())
settle_language(class_seat.class_language(seat))
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
    st.Page(classroom, title=titles[pages.CLASS], url_path=pages.CLASS, icon=":material/groups:"),
]


def path_of(page: StreamlitPage) -> str:
    """The path of a page; the first one's own is empty."""
    return page.url_path or pages.SOFT_TARGETS


chosen = st.navigation(PAGES, position="hidden")
here = path_of(chosen)
shown = shown_pages(seat)
address_bar()
links = [first_page(RootLink), *PAGES[1:]]
navigation_bar([link for page, link in zip(PAGES, links, strict=True) if path_of(page) in shown], here)
go_where_the_class_is()
begin_lesson()
class_bar(seat, here)
framed_notice()
theme_watch()
word_hints(here)
if here in shown:
    chosen.run()
else:
    page_not_shown()
if lesson := open_lesson():
    lesson_rail(lesson, here)
connection_notice()  # last: it knows by its own presence that the page is whole
