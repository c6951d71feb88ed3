"""Taking the secret of a lecturer's link from the address bar, which a projector may show."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import class_seat
from dashboard.session import Key, add_notice
from dashboard.text.translation import _

_component = st.components.v2.component(
    "class_key",
    html='<div class="class_key" hidden></div>',
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
)


def class_key() -> None:
    """Watch the address bar for one."""
    _component(key=Key.CLASS_KEY, on_key_change=_enrol)


def _enrol() -> None:
    """A lecturer's link was opened: this browser is the lecturer's from now on."""
    with errors_as_notices():
        key = st.session_state[Key.CLASS_KEY].get("key")
        if isinstance(key, str) and len(key) < 100:
            classroom = class_seat.classrooms().table.enrol_lecturer(key, class_seat.known_browser())
            st.session_state[Key.CLASS_OF] = classroom.code
            add_notice(_("This browser is the lecturer's now; the secret is no longer in its address."))
