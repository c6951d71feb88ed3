"""The lecturer's board: the class's marks, and what holds, clears and pins its runs."""

from __future__ import annotations

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import class_seat
from dashboard.data.class_board import run_sentence
from dashboard.session import add_notice
from dashboard.text.translation import _, ngettext
from dashboard.views.classroom.board import board
from dashboard.views.classroom.predictions import predictions
from kdcore.classroom.class_board import BoardRun
from kdcore.classroom.classroom import Classroom
from kdcore.classroom.pseudonyms import said_pseudonym

PIN = "class_pin.choice"
NAMES = "class_board_names.choice"
OFFERED = 200
"""Newest runs that can be pinned by name; any other by its link."""


def board_and_controls(classroom: Classroom) -> None:
    """Draw both."""
    if classroom.open:
        _controls(classroom)
    board(classroom)
    if classroom.open:
        _pin(classroom)
    predictions(classroom)


def _controls(classroom: Classroom) -> None:
    runs = class_seat.classrooms().board.runs(classroom.code)
    training = sum(run.status in ("running", "paused") for run in runs)
    waiting = sum(run.status == "queued" for run in runs)
    with st.container(horizontal=True, vertical_alignment="center", key="class_queue"):
        if classroom.paused:
            st.button(
                _("Let all go on"), key="class_go_on", icon=":material/play_arrow:", type="primary",
                on_click=_go_on, args=(classroom.code,),
            )  # fmt: skip
        else:
            st.button(
                _("Pause all"),
                key="class_pause",
                icon=":material/pause:",
                on_click=_pause,
                args=(classroom.code,),
            )
        st.button(
            _("Clear the queue"), key="class_clear", icon=":material/clear_all:", disabled=not waiting,
            on_click=_clear, args=(classroom.code,),
        )  # fmt: skip
        st.toggle(
            _("Names on the board"),
            value=classroom.board_names,
            key=NAMES,
            on_change=_show_names,
            args=(classroom.code,),
            help=_("Everybody in the class sees them: pseudonyms, or names where students gave some."),
        )
        st.caption(
            _("{training} training, {waiting} waiting, {runs} in all").format(
                training=training, waiting=waiting, runs=len(runs)
            )
        )


def _pin(classroom: Classroom) -> None:
    """The run that everybody is shown."""
    rooms = class_seat.classrooms()
    called = {
        member.number: said_pseudonym(member.called, _) for member in rooms.members.members(classroom.code)
    }
    finished = [run for run in rooms.board.runs(classroom.code) if run.errors is not None][-OFFERED:]
    by_id: dict[str, BoardRun] = {run.id: run for run in reversed(finished)}
    st.selectbox(
        _("Pinned for everybody"),
        ["", *by_id],
        index=[*by_id].index(classroom.pinned) + 1 if classroom.pinned in by_id else 0,
        format_func=lambda run: (
            run_sentence(by_id[run], called.get(by_id[run].member, "")) if run else _("none")
        ),
        key=PIN,
        on_change=_set_pin,
        args=(classroom.code,),
    )


def _pause(code: str) -> None:
    with errors_as_notices():
        held = class_seat.classrooms().queue.pause(code, class_seat.known_browser())
        add_notice(
            ngettext(
                "{n} run is held; nothing new begins.", "{n} runs are held; nothing new begins.", held
            ).format(n=held)
        )


def _go_on(code: str) -> None:
    with errors_as_notices():
        class_seat.classrooms().queue.go_on(code, class_seat.known_browser())


def _clear(code: str) -> None:
    with errors_as_notices():
        n = class_seat.classrooms().queue.clear(code, class_seat.known_browser())
        add_notice(ngettext("{n} waiting run was stopped.", "{n} waiting runs were stopped.", n).format(n=n))


def _show_names(code: str) -> None:
    with errors_as_notices():
        shown = int(bool(st.session_state[NAMES]))
        class_seat.classrooms().table.change(code, class_seat.known_browser(), board_names=shown)


def _set_pin(code: str) -> None:
    with errors_as_notices():
        rooms, run = class_seat.classrooms(), st.session_state[PIN]
        rooms.table.change(code, class_seat.known_browser(), pinned=run)
