"""Handing in: predictions, votes and a reflection, with those that are missing marked, and the runs that a student chose."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import class_seat
from dashboard.data.class_board import run_sentence
from dashboard.data.class_results import answer_label
from dashboard.data.lesson import Lesson
from dashboard.data.lesson_answers import lesson_answers
from dashboard.lessons.registry import lessons
from dashboard.session import add_notice
from dashboard.text.numbers import moment_text
from dashboard.text.translation import _, ngettext, plain
from kdcore.classroom.class_votes import answer_key
from kdcore.classroom.classrooms import Seat
from kdcore.classroom.hand_ins import HandIn
from kdcore.classroom.submission import MOST_RUNS, LessonAnswer, Submission
from kdcore.classroom.submission_page import submission_page
from kdcore.texts import N_

RUNS, REFLECTION = "class_hand_in_runs.choice", "class_hand_in_reflection.text"
REFLECTS = N_("What did you expect, what did you find, and what surprised you?")
LONGEST_REFLECTION = 5000


def hand_in(seat: Seat) -> None:
    """Draw it: what is there to hand in, the button, and what was handed in before."""
    st.markdown("### " + _("Hand in"))
    browser = class_seat.known_browser()
    _made_and_missing(_answers(seat, browser))
    rooms, code = class_seat.classrooms(), seat.classroom.code
    own = [
        run for run in rooms.board.runs(code) if run.member == seat.member.number and run.errors is not None
    ]
    by_id = {run.id: run for run in reversed(own)}
    st.multiselect(
        _("Runs of yours"),
        [*by_id],
        format_func=lambda run: run_sentence(by_id[run]),
        key=RUNS,
        max_selections=MOST_RUNS,
        placeholder=_("none chosen") if by_id else _("none has finished yet"),
        help=_("They are handed in as they stand now. What you change later is in your next hand-in."),
    )
    st.text_area(_(REFLECTS), max_chars=LONGEST_REFLECTION, key=REFLECTION, height=120)
    st.button(
        _("Hand in"),
        type="primary",
        icon=":material/assignment_turned_in:",
        key="class_hand_in",
        on_click=_hand_in,
    )
    _before(rooms.hand_ins.of_member(code, seat.member.number))


def _made_and_missing(answers: Sequence[LessonAnswer]) -> None:
    missing = [answer for answer in answers if answer.missing]
    if not answers:
        return
    st.markdown(
        _("{made} of {n} predictions and votes are made.").format(
            made=len(answers) - len(missing), n=len(answers)
        )
    )
    if missing:
        with st.expander(_("What is missing"), key="class_missing"):
            for answer in missing:
                st.markdown(f"- {plain(answer.asks)}")


def _before(found: Sequence[HandIn]) -> None:
    if not found:
        return
    n = len(found)
    st.caption(
        ngettext("You have handed in once.", "You have handed in {n} times; the last one counts.", n).format(
            n=n
        )
    )
    for one in reversed(found):
        made = Submission.from_json(one.content)
        label = _("{number}: {moment}, digest {digest}").format(
            number=one.number, moment=moment_text(one.moment), digest=one.digest[:8]
        )
        st.download_button(
            label, one.content, f"hand-in-{one.number}.json", "application/json", key=f"class_handed_{one.number}",
            icon=":material/download:", type="tertiary", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            _("{number} as a page to read").format(number=one.number), partial(submission_page, made), f"hand-in-{one.number}.html",
            "text/html", key=f"class_handed_page_{one.number}", icon=":material/article:", type="tertiary", on_click="ignore",
        )  # fmt: skip


def _answers(seat: Seat, browser: str) -> list[LessonAnswer]:
    """The predictions of the plan's lessons and of those that the student began, and the class's votes."""
    planned = {item.lesson for item in seat.classroom.plan.items}
    asked: list[Lesson] = [lesson for name, lesson in lessons().items() if name in planned]
    begun = [lesson for name, lesson in lessons().items() if name not in planned]
    answers = lesson_answers(browser, asked)
    answers += [answer for answer in lesson_answers(browser, begun) if not answer.missing]
    return answers + _votes(seat, browser)


def _votes(seat: Seat, browser: str) -> list[LessonAnswer]:
    votes = class_seat.classrooms().votes
    answers = []
    for vote in reversed(votes.votes(seat.classroom.code)):
        question, answer = vote.question, votes.answer_of(vote.id, browser)
        said = {"kind": "prediction", "asks": f"{_(question.asks)} ({_('round {n}').format(n=vote.round)})"}
        if answer is not None:
            said |= {"answer": answer_label(question, answer_key(question, answer)), "prediction": answer}
        answers.append(LessonAnswer.model_validate(said))
    return answers


def _hand_in() -> None:
    with errors_as_notices():
        browser = class_seat.known_browser()
        seat = class_seat.seat_of(browser)
        if seat is None:
            add_notice(_("You are in no class any more: nothing was handed in."))
            return
        written = str(st.session_state.get(REFLECTION, ""))[:LONGEST_REFLECTION].strip()
        reflection = LessonAnswer(kind="reflection", asks=_(REFLECTS), answer=written)
        answers = [*_answers(seat, browser), reflection]
        runs = [run for run in st.session_state.get(RUNS, []) if isinstance(run, str)]
        made = class_seat.classrooms().hand_ins.hand_in(seat.classroom, seat.member, answers, runs)
        add_notice(_("Handed in, with digest {digest}.").format(digest=made.digest[:8]))
