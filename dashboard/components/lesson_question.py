"""A lesson's question as the learner answers it: what is chosen, and the button that locks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.components.curve_sketch import curve_sketch, sketched_curve
from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import lesson_walk
from dashboard.data.lesson import Question, Step
from dashboard.data.lesson_questions import Choice, Ranking, Scale, Sketch
from dashboard.data.lesson_walk import Walk
from dashboard.session import Key
from dashboard.text.translation import _


def ask(walked: Walk, step: Step, question: Question) -> None:
    """Draw the question; nothing of its answer is in the page before a prediction is locked."""
    key = f"{Key.PREDICTION}.{step.name}"
    guess = _guessed(question, key)
    st.button(
        _("That is my prediction"),
        key="lesson_predict",
        type="primary",
        disabled=guess is None or not question.accepts(guess),
        on_click=lock,
        args=(walked, step, guess),
    )


def _guessed(question: Question, key: str) -> Any:
    """The question with its widgets; what they say."""
    if isinstance(question, Choice):
        return st.radio(
            _(question.asks), range(len(question.options)), index=None, key=key, format_func=_named(question)
        )
    if isinstance(question, Scale):
        steps_to_middle = round((question.high - question.low) / 2 / question.step)
        middle = question.low + steps_to_middle * question.step
        bounds = float(question.low), float(question.high), float(middle), float(question.step)
        return st.slider(_(question.asks), *bounds, key=key)
    if isinstance(question, Sketch):
        st.markdown(_(question.asks))
        return curve_sketch(question, key)
    assert isinstance(question, Ranking)
    return _ranked(question, key)


def show_measured(step: Step, question: Question, prediction: Any) -> None:
    """What was measured, beside what was predicted."""
    if isinstance(question, Sketch):
        sketched_curve(question, prediction, f"{Key.PREDICTION}.{step.name}.measured")
    outcome = question.outcome(prediction)
    icon = ":material/check_circle:" if outcome.as_expected else ":material/lightbulb:"
    st.info(outcome.sentence, icon=icon)


def _ranked(question: Ranking, key: str) -> list[int | None]:
    """A box for each place. One box for all would change its height under a press on the button below it."""
    st.markdown(_(question.asks))
    places = range(len(question.options))
    return [
        st.selectbox(
            _("Place {n}").format(n=place + 1),
            places,
            index=None,
            key=f"{key}.{place}",
            format_func=_named(question),
            placeholder=f"{place + 1}.",
            label_visibility="collapsed",
        )
        for place in places
    ]


def _named(question: Choice | Ranking) -> Callable[[int], str]:
    return lambda option: _(question.options[option])


def lock(walked: Walk, step: Step, guess: Any) -> None:
    """The prediction is kept and cannot be changed; what was measured appears."""
    with errors_as_notices():
        lesson_walk.predict(walked, step, guess)
