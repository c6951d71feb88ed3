"""The bar at the top: the project's name, the pages, and the link. Links between pages carry the URL's parameters on."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.components.copy_link import copy_link
from dashboard.texts import _


class RootLink(StreamlitPage):
    """The first page in a link: its own path is empty, which a browser takes for the page that it is on."""

    @property
    def url_path(self) -> str:
        """The root, seen from any page; under a prefix, too."""
        return "./"


def bar(pages: Sequence[StreamlitPage]) -> None:
    """Draw the bar; Streamlit's own navigation would drop the parameters."""
    with st.container(horizontal=True, vertical_alignment="center", key="top_bar"):
        st.html(f'<span class="brand">{_("Stillroom")}</span>', width="content")
        for page in pages:
            st.page_link(page, query_params=st.query_params.to_dict())
        copy_link()
