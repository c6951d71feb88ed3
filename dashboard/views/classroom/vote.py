"""Votes as their lecturer puts, closes and reveals them: a lesson's question, or one written on the spot."""

from __future__ import annotations

import streamlit as st
from pydantic import ValidationError

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import class_seat
from dashboard.data.class_results import revealed_result
from dashboard.data.lesson_votes import questions_of, vote_question
from dashboard.lessons.registry import lessons
from dashboard.text.translation import _, plain, together
from kdcore.classroom.class_plan import first_fault
from kdcore.classroom.class_votes import ClassVote
from kdcore.classroom.classroom import Classroom
from kdcore.classroom.vote_question import LONGEST_QUESTION, VoteQuestion
from kdcore.errors import ClassRefused

ASKS, OPTIONS, RIGHT = "class_vote_asks.text", "class_vote_options.text", "class_vote_right.number"
FROM_LESSON, FROM_STEP = "class_vote_lesson.choice", "class_vote_step.choice"


def vote(classroom: Classroom) -> None:
    """Draw what can be asked, the vote that goes on, and those before."""
    rooms = class_seat.classrooms()
    found = rooms.votes.votes(classroom.code)
    if found and classroom.open:
        _controls(classroom, found[0])
    if classroom.open:
        left, right = st.columns(2, gap="large")
        with left:
            _from_a_lesson(classroom)
        with right:
            _on_the_spot(classroom)
    for one in found[1:] if classroom.open else found:
        _earlier(one)


def _controls(classroom: Classroom, newest: ClassVote) -> None:
    """The buttons of the newest vote; how many have answered stands in the line at the top, live."""
    with st.container(horizontal=True, vertical_alignment="center", key="class_vote_controls"):
        st.markdown(f"**{plain(_(newest.question.asks))}**")
        if newest.open:
            _act(_("Close it"), "close", ":material/lock:", classroom, newest)
        if newest.revealed is None:
            _act(_("Reveal"), "reveal", ":material/visibility:", classroom, newest)
        if not newest.open:
            _act(_("Vote again, after discussion"), "again", ":material/replay:", classroom, newest)


def _act(label: str, what: str, icon: str, classroom: Classroom, newest: ClassVote) -> None:
    st.button(
        label, key=f"class_vote_{what}", icon=icon, on_click=_pressed, args=(what, classroom.code, newest.id)
    )


def _from_a_lesson(classroom: Classroom) -> None:
    st.markdown("### " + _("A lesson's question"))
    offered = lessons()
    name = st.selectbox(
        _("Lesson"), [*offered], format_func=lambda one: _(offered[one].title), key=FROM_LESSON
    )
    asks = {step.name: _(step.question.asks) for step in questions_of(offered[name]) if step.question}
    st.selectbox(
        _("Question"),
        [*asks],
        format_func=asks.__getitem__,
        key=FROM_STEP,
    )
    st.button(
        _("Put it to the class"), key="class_vote_lesson", icon=":material/how_to_vote:", type="primary",
        on_click=_put_lessons, args=(classroom.code,),
    )  # fmt: skip


def _on_the_spot(classroom: Classroom) -> None:
    st.markdown("### " + _("A question of your own"))
    with st.form("class_vote_form", border=False):
        st.text_area(_("Question"), max_chars=LONGEST_QUESTION, key=ASKS, height=80)
        st.text_area(_("Answers, one a line"), max_chars=2000, key=OPTIONS, height=120)
        st.number_input(
            _("Which of them was measured, if any (its line)"),
            min_value=1,
            max_value=10,
            value=None,
            step=1,
            key=RIGHT,
        )
        st.form_submit_button(
            _("Put it to the class"), key="class_vote_own", icon=":material/how_to_vote:",
            on_click=_put_own, args=(classroom.code,),
        )  # fmt: skip


def _earlier(one: ClassVote) -> None:
    rounds = _("round {n}").format(n=one.round)
    with st.expander(f"{plain(_(one.question.asks))} · {rounds}", key=f"class_vote_before_{one.id}"):
        result = revealed_result(class_seat.classrooms().votes, one)
        if result is None:
            st.caption(_("{n} answered; it was never revealed.").format(n=one.answered))
            return
        for row in result["rows"]:
            st.markdown(f"{row['n']} · {plain(row['label'])}")
        st.caption(plain(together([result["measured"], result["changed"]])))


def _pressed(what: str, code: str, vote_id: int) -> None:
    with errors_as_notices():
        votes = class_seat.classrooms().votes
        acts = {"close": votes.close, "reveal": votes.reveal, "again": votes.again}
        acts[what](code, class_seat.known_browser(), vote_id)


def _put_lessons(code: str) -> None:
    with errors_as_notices():
        lesson = lessons()[st.session_state[FROM_LESSON]]
        step = next(one for one in lesson.steps if one.name == st.session_state[FROM_STEP])
        question = vote_question(lesson, step)
        class_seat.classrooms().votes.put(code, class_seat.known_browser(), question)


def _put_own(code: str) -> None:
    with errors_as_notices():
        lines = [" ".join(line.split()) for line in st.session_state[OPTIONS].splitlines()]
        right = st.session_state[RIGHT]
        try:
            question = VoteQuestion(
                asks=st.session_state[ASKS].strip(),
                options=tuple(line for line in lines if line),
                measured=None if right is None else int(right) - 1,
            )
        except ValidationError as error:
            raise ClassRefused(first_fault(error)) from error
        class_seat.classrooms().votes.put(code, class_seat.known_browser(), question)
