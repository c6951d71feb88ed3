"""Joining a class, and what stands there before: what is kept, for how long, and who sees it."""

from __future__ import annotations

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import class_seat
from dashboard.session import Key, browser_id, is_anonymous
from dashboard.text.numbers import date_text
from dashboard.text.translation import _, plain
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import set_parameters
from kdcore.classroom.class_members import LONGEST_NAME
from kdcore.classroom.class_secrets import tidy_code
from kdcore.classroom.classroom import Classroom
from kdcore.errors import ClassRefused


def join_by_code() -> None:
    """The field for who has the code and no link."""
    with st.form("class_join_form", border=False):
        st.text_input(_("The code of your class"), max_chars=20, key=Key.CLASS_CODE, placeholder="ABC234")
        st.form_submit_button(_("Go on"), on_click=_look_up, key="class_look_up")


def _look_up() -> None:
    with errors_as_notices():
        code = tidy_code(st.session_state.get(Key.CLASS_CODE, ""))
        if not code:
            raise ClassRefused(_("A code has six letters and digits. It stands on your lecturer's screen."))
        class_seat.classrooms().table.classroom(code)
        set_parameters(join=code)


def join(code: str) -> None:
    """The class that a link names, and the button that joins it: opening a link alone does nothing."""
    classroom = class_seat.classrooms().table.classroom(code)
    if not classroom.open:
        raise ClassRefused(_("This class is over."))
    st.markdown("## " + _("Join {name}").format(name=plain(classroom.name)))
    if is_anonymous(browser_id()):
        st.warning(
            _("Your browser takes no cookies from this page. Allow them and load it again; then join.")
        )
        return
    if classroom.names:
        st.text_input(
            _("Your name, if you like"),
            max_chars=LONGEST_NAME,
            key=Key.CLASS_OWN_NAME,
            help=_("Your lecturer sees it. Left empty, you are your pseudonym alone."),
        )
    st.button(
        _("Join"), type="primary", icon=":material/login:", key="class_join", on_click=_join, args=(code,)
    )
    what_is_kept(classroom)


def what_is_kept(classroom: Classroom) -> None:
    """What is kept of a student, for how long, and who sees it."""
    named = (
        _("a pseudonym, and a name if you give one")
        if classroom.names
        else _("a pseudonym and nothing else of you")
    )
    st.caption(
        _(
            "Kept here are {named}, your answers to votes, the runs that you start and what you hand in. Your lecturer sees them; other "
            "students see marks without names{unless}. All of it is deleted on {day}; your runs stay yours."
        ).format(
            named=named,
            unless=_(", or with them where your lecturer says so") if classroom.names else "",
            day=date_text(classroom.ends),
        )
    )


def _join(code: str) -> None:
    with errors_as_notices():
        name = st.session_state.get(Key.CLASS_OWN_NAME, "")
        class_seat.classrooms().members.join(code, class_seat.known_browser(), name)
        set_parameters(**{Param.JOIN: None})
