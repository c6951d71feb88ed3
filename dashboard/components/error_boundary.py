"""Where errors end: each becomes a sentence for the reader, and an unforeseen one is logged with its traceback.

Streamlit's own signals (rerun, stop, switch page) derive from BaseException and pass through.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.session import add_notice
from dashboard.text.translation import _, plain, told
from kdcore.errors import StillroomError
from kdcore.texts import N_

UNFORESEEN = N_(
    "Something in Stillroom went wrong here. Load the page again; what happened is written in the server's log."
)
_log = logging.getLogger(__name__)


@contextmanager
def errors_as_notices() -> Iterator[None]:
    """For callbacks: an error becomes a notice at the top of the page."""
    try:
        yield
    except Exception as error:
        add_notice(sentence(error))


@contextmanager
def errors_in_place() -> Iterator[None]:
    """For what is drawn, a page or a fragment: an error is shown where the drawing stopped."""
    try:
        yield
    except Exception as error:
        st.error(plain(sentence(error)))


def sentence(error: Exception) -> str:
    """What the reader is told; an error that is not the project's own is logged too."""
    if isinstance(error, StillroomError):
        return told(error)
    _log.error("An unforeseen error reached the edge of a page.", exc_info=error)
    return _(UNFORESEEN)
