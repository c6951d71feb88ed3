"""What a first visitor is offered: one line and one button, gone for good when it is closed or a lesson has been begun."""

from __future__ import annotations

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.lesson_rail import start
from dashboard.components.tooltip import tooltip_below
from dashboard.data import run_manager
from dashboard.lessons.registry import lessons
from dashboard.session import browser_id
from dashboard.text.translation import _
from dashboard.url.parameters import Param

OFFER, CLOSED = "first-visit", "closed"
"""Under which it is noted, beside the lessons' steps, that the line was closed."""


def first_visit() -> None:
    """Draw the line, unless a lesson is open, or this browser has closed it or done a step of the lesson."""
    lesson = next(iter(lessons().values()))
    if Param.LESSON in st.query_params or _was_here(lesson.name):
        return
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xxsmall", width="content", key="first_visit"
    ):
        st.button(
            _("{minutes} minutes: {title}").format(minutes=lesson.minutes, title=_(lesson.title)),
            key="first_lesson",
            icon=":material/school:",
            on_click=start,
            args=(lesson.name,),
        )
        st.button(
            ":material/close:",
            key="close_first_visit",
            type="tertiary",
            help=tooltip_below(_("Do not offer it again")),
            on_click=close,
        )


def _was_here(lesson: str) -> bool:
    progress, owner = run_manager.manager().store.lessons, browser_id()
    return bool(progress.passed(owner, OFFER) or progress.passed(owner, lesson))


def close() -> None:
    """The line is closed, for good."""
    with errors_as_notices():
        run_manager.manager().store.lessons.skip_step(browser_id(), OFFER, CLOSED)
