"""The bar at the top: the project's name, the pages, and the link. Links between pages carry on what both pages or the run need."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.components.copy_link import copy_link
from dashboard.components.language_switch import language_switch
from dashboard.components.lessons_menu import lessons_menu
from dashboard.data import page_parameters, selected_run
from dashboard.text.translation import _
from dashboard.url.parameters import WRITTEN_BY_BROWSER
from kdcore.errors import StillroomError


class RootLink(StreamlitPage):
    """The first page as a link: its own path is empty, which a browser resolves to the current page."""

    @property
    def url_path(self) -> str:
        """The root, seen from any page; under a prefix, too."""
        return "./"


def navigation_bar(pages: Sequence[StreamlitPage], here: str) -> None:
    """Draw the bar; Streamlit's own navigation would drop the parameters. here: the path of the page on screen."""
    page_parameters.remember_own(here)
    with st.container(horizontal=True, vertical_alignment="center", key="top_bar"):
        st.html(f'<span class="brand">{_("Stillroom")}</span>', width="content")
        for page in pages:
            st.page_link(page, query_params=carried_parameters(page.url_path))
        lessons_menu()
        copy_link()
        language_switch()


def carried_parameters(path: str) -> dict[str, str]:
    """The parameters that a link to the page carries along."""
    link = st.query_params.to_dict()
    with suppress(StillroomError):  # the page itself says what is wrong with the link
        link = selected_run.link_to(path)
    link = page_parameters.for_page(path, link)
    return {name: value for name, value in link.items() if name not in WRITTEN_BY_BROWSER}
