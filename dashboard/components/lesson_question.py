"""A lesson's question as the learner answers it: what is chosen, and the button that locks it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import lesson_walk
from dashboard.data.lesson import Question, Step
from dashboard.data.lesson_questions import Choice, Ranking, Scale
from dashboard.data.lesson_walk import Walk
from dashboard.session import Key
from dashboard.text.translation import _


def ask(walked: Walk, step: Step, question: Question) -> None:
    """Draw the question; nothing of its answer is in the page before a prediction is locked."""
    key = f"{Key.PREDICTION}.{step.name}"
    if isinstance(question, Choice):
        st.radio(
            _(question.asks),
            range(len(question.options)),
            index=None,
            key=key,
            format_func=lambda place: _(question.options[place]),
        )
    elif isinstance(question, Scale):
        steps_to_middle = round((question.high - question.low) / 2 / question.step)
        middle = question.low + steps_to_middle * question.step
        st.slider(
            _(question.asks),
            float(question.low),
            float(question.high),
            float(middle),
            float(question.step),
            key=key,
        )
    elif isinstance(question, Ranking):
        st.multiselect(
            _(question.asks),
            range(len(question.options)),
            key=key,
            format_func=lambda place: _(question.options[place]),
            placeholder=_("choose them in order, the most first"),
        )
    guess = st.session_state.get(key)
    st.button(
        _("That is my prediction"),
        key="lesson_predict",
        type="primary",
        disabled=guess is None or not question.accepts(guess),
        on_click=lock,
        args=(walked, step, key),
    )


def lock(walked: Walk, step: Step, key: str) -> None:
    """The prediction is kept and cannot be changed; what was measured appears."""
    with errors_as_notices():
        guess: Any = st.session_state[key]
        lesson_walk.predict(walked, step, guess)
