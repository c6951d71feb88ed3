"""A student's page of the class: who they are there, what is kept, and the board."""

from __future__ import annotations

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import class_seat
from dashboard.text.translation import _, plain
from dashboard.views.classroom.board import board
from dashboard.views.classroom.hand_in import hand_in
from dashboard.views.classroom.join import what_is_kept
from kdcore.classroom.classrooms import Seat
from kdcore.classroom.pseudonyms import said_pseudonym


def students_page(seat: Seat) -> None:
    """Draw it."""
    st.markdown("## " + plain(seat.classroom.name))
    template = (
        _("You are **{pseudonym}** here.")
        if not seat.member.name
        else _("You are **{pseudonym}** here, {name}.")
    )
    st.markdown(
        template.format(pseudonym=said_pseudonym(seat.member.pseudonym, _), name=plain(seat.member.name))
    )
    board(seat.classroom)
    hand_in(seat)
    what_is_kept(seat.classroom)
    st.button(
        _("Leave the class"),
        key="class_leave",
        icon=":material/logout:",
        type="tertiary",
        on_click=_leave,
        args=(seat.classroom.code,),
    )


def _leave(code: str) -> None:
    with errors_as_notices():
        class_seat.classrooms().members.leave(code, class_seat.known_browser())
