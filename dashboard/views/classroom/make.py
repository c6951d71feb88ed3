"""Making a class: one button, and what its lecturer may say before."""

from __future__ import annotations

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import class_seat
from dashboard.session import Key
from dashboard.text.translation import _, language
from kdcore.classroom.class_members import LONGEST_NAME
from kdcore.classroom.classroom import LIVES_DAYS
from kdcore.translation import written_language


def make() -> None:
    """Draw the fields and the button."""
    st.text_input(
        _("What your class is called"),
        max_chars=LONGEST_NAME,
        key=Key.CLASS_NAME,
        placeholder=_("Tuesday, 10:15"),
    )
    st.toggle(
        _("Students may add a name"),
        key=Key.CLASS_ASKS_NAMES,
        help=_("Without it a student is a pseudonym such as 'clear flask', and nothing else."),
    )
    st.button(_("Make a class"), type="primary", icon=":material/add:", key="class_make", on_click=_make)
    st.caption(
        _(
            "No accounts, no e-mail. The class gets a code, a link for students and a secret link for you. It lives until you close it, "
            "{days} days at most; then all that was kept of it is deleted."
        ).format(days=LIVES_DAYS)
    )


def _make() -> None:
    with errors_as_notices():
        made = class_seat.classrooms().table.make(
            class_seat.known_browser(),
            st.session_state.get(Key.CLASS_NAME, ""),
            language=written_language(language()),
            names=bool(st.session_state.get(Key.CLASS_ASKS_NAMES)),
        )
        st.session_state[Key.CLASS_OF] = made.code
        st.session_state.setdefault(Key.CLASS_SECRETS, {})[made.code] = made.secret
