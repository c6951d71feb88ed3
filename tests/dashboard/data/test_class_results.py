"""A vote's result says how many gave each answer, what was measured and who changed, and only once it is revealed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.data.class_results import answer_label, revealed_result
from dashboard.data.lesson_votes import questions_of, vote_question
from dashboard.lessons.registry import lessons
from kdcore.classroom.class_votes import answer_key, histogram
from kdcore.classroom.classrooms import Classrooms
from kdcore.classroom.vote_question import VoteQuestion
from kdcore.runs.store import Store

LECTURER, STUDENTS = "a" * 32, ["b" * 32, "c" * 32, "d" * 32]
HOW_MANY = VoteQuestion(
    kind="number",
    asks="How many?",
    low=8,
    high=60,
    step=1,
    unit="{n} errors",
    measured=20,
    sentence="Of 360.",
)


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Classrooms]:
    store = Store(tmp_path)
    yield Classrooms(store)
    store.close()


def test_a_second_round_stands_beside_the_first(rooms: Classrooms) -> None:
    code, _secret = rooms.table.make(LECTURER, "Tuesday")
    for student in STUDENTS:
        rooms.members.join(code, student)
    first = rooms.votes.put(code, LECTURER, HOW_MANY)
    for student, answer in zip(STUDENTS, (20, 50, 60), strict=True):
        rooms.votes.answer(first.id, student, answer)
    assert revealed_result(rooms.votes, rooms.votes.vote(code, first.id)) is None
    second = rooms.votes.again(code, LECTURER, first.id)
    for student, answer in zip(STUDENTS, (50, 20, 60), strict=True):
        rooms.votes.answer(second.id, student, answer)
    rooms.votes.reveal(code, LECTURER, second.id)
    found = revealed_result(rooms.votes, rooms.votes.vote(code, second.id))
    assert found is not None
    assert found["measured"] == "Measured: 20 errors. Of 360."
    assert found["changed"] == (
        "2 of 3 who answered twice changed their answers. 1 changed to the measured answer, 1 away from it."
    )
    [right] = [row for row in found["rows"] if row["measured"]]
    assert (right["label"], right["before"], right["n"]) == ("16.67 – 21 errors", 1, 1)
    assert sum(row["n"] for row in found["rows"]) == 3


@pytest.mark.parametrize(
    ("lesson", "step"),
    [(lesson.name, step.name) for lesson in lessons().values() for step in questions_of(lesson)],
)
def test_every_question_of_every_lesson_can_be_put_to_a_class(lesson: str, step: str) -> None:
    [found] = [one for one in lessons()[lesson].steps if one.name == step]
    question = vote_question(lessons()[lesson], found)
    assert question.measured is not None
    measured = list(question.measured) if isinstance(question.measured, tuple) else question.measured
    assert found.question is not None
    assert found.question.accepts(measured)
    assert found.question.outcome(measured).as_expected
    key = answer_key(question, measured)
    assert dict(histogram(question, [measured]))[key] == 1
    assert answer_label(question, key)
    assert "measured" not in question.asked()
