"""A component of the project's own: the files that Streamlit mounts, and a page without a server too (`dashboard.handout`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class BrowserComponent:
    """Its name, its HTML, its style sheet and its JavaScript, a module that exports what draws it.

    isolated: whether it stands in a shadow root, where the page's styles do not reach it.
    """

    name: str
    html: str
    css: str
    js: str
    isolated: bool = True

    def registered(self) -> Any:
        """What mounts it on a page of Streamlit's."""
        return st.components.v2.component(
            self.name, html=self.html, css=self.css, js=self.js, isolate_styles=self.isolated
        )
