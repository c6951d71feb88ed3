"""The lessons, behind a button of the bar."""

from __future__ import annotations

import streamlit as st

from dashboard.components.lesson_rail import start
from dashboard.lessons.registry import lessons
from dashboard.text.translation import _


def lessons_menu() -> None:
    """Draw the button and what it opens."""
    with st.popover(_("Lessons"), icon=":material/school:", key="lessons"):
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
