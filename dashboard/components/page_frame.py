"""The frame around every page: its style, the notices at its top, and the edge where its errors end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.components.error_boundary import errors_in_place
from dashboard.components.fault_badge import fault_badge
from dashboard.components.style import style_sheet
from dashboard.data.screen import Screen, read_screen
from dashboard.session import take_notices
from dashboard.text.translation import plain, told


def draw_page(draw: Callable[[Screen], None]) -> None:
    """Draw a page from one reading of the URL; its errors end here as sentences."""
    style_sheet()
    with errors_in_place():
        screen = read_screen()
        if screen.run is not None:
            fault_badge(screen.run.experiment)
        draw(screen)


@contextmanager
def notices_above(screen: Screen) -> Iterator[list[str]]:
    """Warnings above what is drawn inside: what is wrong with the link, the notices that waited, and what is added meanwhile."""
    place, sentences = st.container(), [*screen.problems, *take_notices()]
    try:
        yield sentences
    finally:
        if sentences:
            place.warning("\n\n".join(plain(told(sentence)) for sentence in sentences))
