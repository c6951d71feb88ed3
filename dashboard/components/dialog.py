"""Dialogs over the page, and what must not disturb them: a page that is drawn anew draws its dialog anew, and what was being typed or uploaded in it is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from dashboard.session import Key


def no_dialog_yet() -> None:
    """A run of the page begins; the dialog that it draws is open after it."""
    st.session_state.pop(Key.DIALOG, None)


def draw_dialog(
    title: str,
    contents: Callable[..., None],
    *args: object,
    close: Callable[[], None],
    width: Literal["medium", "large"] = "large",
) -> None:
    """Draw the contents, given the arguments, in a dialog over the page. close: called when the reader closes it."""
    st.session_state[Key.DIALOG] = title
    st.dialog(title, width=width, on_dismiss=close)(contents)(*args)


def draw_page_anew() -> None:
    """Run the page's script, for a fragment that has waited for something. While a dialog is open nothing is done: closing it draws the page."""
    if Key.DIALOG not in st.session_state:
        st.rerun()
