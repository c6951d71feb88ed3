"""The lessons, behind a button of the bar."""

from __future__ import annotations

import streamlit as st

from dashboard.components.lesson_rail import start
from dashboard.lessons.registry import lessons
from dashboard.session import Key
from dashboard.text.translation import _


def lessons_menu() -> None:
    """Draw the button and what it opens."""
    # Streamlit leaves it open while its widgets are used: the one that is drawn once a lesson was chosen is another.
    chosen = st.session_state.get(Key.LESSONS_BEGUN, 0)
    with (
        st.container(key="lessons", width="content"),
        st.popover(_("Lessons"), icon=":material/school:", key=f"lessons.{chosen}"),
    ):
        for lesson in lessons().values():
            st.button(
                _("{number}. {title} ({minutes} min)").format(
                    number=lesson.number, title=_(lesson.title), minutes=lesson.minutes
                ),
                key=f"lesson.{lesson.name}",
                on_click=start,
                args=(lesson.name,),
                width="stretch",
            )
            st.caption(_(lesson.afterwards))
