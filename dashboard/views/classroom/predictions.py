"""What the class predicted in its lessons, beside what was measured: for the lecturer, and whoever they show it to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.data import class_seat
from dashboard.data.class_results import answer_label
from dashboard.data.lesson_votes import questions_of, vote_question
from dashboard.lessons.registry import lessons
from dashboard.text.translation import _, plain
from kdcore.classroom.class_votes import answer_key, histogram
from kdcore.classroom.classroom import Classroom
from kdcore.classroom.vote_question import VoteQuestion


def predictions(classroom: Classroom) -> None:
    """Draw those of the plan's lessons, closed: who opens them on a projector shows them to all."""
    planned = dict.fromkeys(item.lesson for item in classroom.plan.items if item.lesson in lessons())
    for name in planned:
        lesson = lessons()[name]
        made = class_seat.classrooms().predictions.made(classroom.code, name)
        with st.expander(
            _("Predictions in {lesson}: {n}").format(
                lesson=_(lesson.title), n=sum(len(of_step) for of_step in made.values())
            ),
            key=f"class_predictions_{name}",
        ):
            for step in questions_of(lesson):
                question = vote_question(lesson, step)
                answers = [answer for answer in made.get(step.name, []) if question.accepts(answer)]
                st.markdown(f"**{plain(question.asks)}**")
                st.markdown(_counted(question, answers))


def _counted(question: VoteQuestion, answers: Sequence[Any]) -> str:
    """The answers that were given, with how many gave each, and which was measured."""
    right = None
    if question.measured is not None:
        measured = question.measured
        right = answer_key(question, list(measured) if isinstance(measured, tuple) else measured)
    parts = []
    for key, n in histogram(question, answers):
        if n or key == right:
            mark = " ✓" if key == right else ""
            parts.append(f"{plain(answer_label(question, key))}{mark}: **{n}**")
    return " · ".join(parts)
