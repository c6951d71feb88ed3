"""Requests that left the browser before it knew the newest link, and the links by which they are recognised."""

from __future__ import annotations

import time

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.session import Key

LATE = 5.0  # seconds after which a request with an earlier link means that the reader went back


def write_link(link: dict[str, str]) -> None:
    """Write all of the URL's parameters; the link before and the new one are remembered for a while."""
    left = st.query_params.to_dict()
    if link != left:
        now = time.monotonic()
        st.query_params.from_dict(link)
        st.session_state[Key.LINKS] = [*_recent_links(), (now, left), (now, link)]


def _recent_links() -> list[tuple[float, dict[str, str]]]:
    return [entry for entry in st.session_state.get(Key.LINKS, []) if time.monotonic() - entry[0] < LATE]


def restore_newest_link() -> bool:
    """Call first in every run and callback: whether this request left the browser before it knew the newest link.

    Two quick presses send such requests; taken literally the second would undo the first. Whoever goes back sends an earlier
    link too, but says so.
    """
    if (request := get_script_run_ctx()) is not None and request.is_history_navigation:
        st.session_state.pop(Key.LINKS, None)
    links = [link for _moment, link in _recent_links()]
    if not links or st.query_params.to_dict() == links[-1] or st.query_params.to_dict() not in links:
        return False
    st.query_params.from_dict(links[-1])
    return True
