"""The page of a class, as it is for who opens it: its lecturer, a student, or somebody who is in none yet."""

from __future__ import annotations

import streamlit as st

from dashboard.components.class_bar import lectured_here
from dashboard.components.class_key import class_key
from dashboard.components.page_frame import draw_page, notices_above
from dashboard.data import class_seat
from dashboard.data.screen import Screen
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import set_parameters
from dashboard.views.classroom.join import join, join_by_code
from dashboard.views.classroom.lecturer import lecturers_page
from dashboard.views.classroom.make import make
from dashboard.views.classroom.student import students_page
from kdcore.classroom.class_secrets import tidy_code


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(screen: Screen) -> None:
    class_key()
    with notices_above(screen):
        asked = tidy_code(st.query_params.get(Param.JOIN, ""))
        seat = class_seat.seat_of(screen.owner)
        lectured = lectured_here(screen.owner)
        if asked and not (seat and seat.classroom.code == asked) and not _is_lecturer(asked, screen.owner):
            join(asked)
        elif seat is not None:
            _link_joins(seat.classroom.code)
            students_page(seat)
        elif lectured is not None:
            _link_joins(lectured.code)
            lecturers_page(lectured)
        else:
            _neither()


def _link_joins(code: str) -> None:
    """Whoever copies the page's address hands on the class, and not an empty page."""
    if st.query_params.get(Param.JOIN) != code:
        set_parameters(join=code)


def _is_lecturer(code: str, browser: str) -> bool:
    return any(one.code == code for one in class_seat.lectured_by(browser))


def _neither() -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("## " + _("Join a class"))
        join_by_code()
    with right:
        st.markdown("## " + _("Make a class"))
        make()
