"""A student's answers are handed in as they were made, and what was left out is marked."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from dashboard.data import run_manager
from dashboard.data.lesson import Lesson
from dashboard.data.lesson_answers import lesson_answers
from dashboard.lessons.registry import lessons
from kdcore.classroom.submission import Submission
from kdcore.runs.store import Store
from tests.dashboard.lessons.test_lessons import some_prediction

LESSON = lessons()["dark-knowledge"]
QUESTIONS = [step for step in LESSON.steps if step.question]


STUDENT = "a" * 32


def test_each_question_stands_there_once_with_its_answer_or_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    monkeypatch.setattr(run_manager, "manager", lambda: SimpleNamespace(store=store))
    first, second, third = QUESTIONS
    store.lessons.pass_step(STUDENT, LESSON.name, first.name, 1)
    store.lessons.skip_step(STUDENT, LESSON.name, second.name)
    answers = lesson_answers(STUDENT, [LESSON])
    assert [answer.step for answer in answers] == [step.name for step in QUESTIONS]
    assert [answer.missing for answer in answers] == [False, True, True]
    assert answers[0].answer == "the 4"
    assert answers[0].prediction == 1
    assert answers[0].as_expected is False
    assert answers[0].measured.startswith("You expected: the 4.")
    assert all(answer.asks for answer in answers)
    assert Submission.hand_in("clear flask", answers).missing == answers[1:]


@pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.name)
def test_every_question_of_every_lesson_is_handed_in(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    monkeypatch.setattr(run_manager, "manager", lambda: SimpleNamespace(store=store))
    asked = [step for step in lesson.steps if step.question]
    for step in asked:
        assert step.question is not None
        store.lessons.pass_step(STUDENT, lesson.name, step.name, some_prediction(step.question))
    answers = lesson_answers(STUDENT, [lesson])
    assert len(answers) == len(asked)
    made = Submission.hand_in("clear flask", answers)
    assert made.missing == []
    assert Submission.from_json(made.to_json()) == made


def test_every_kind_of_question_reads_as_it_was_answered() -> None:
    kinds = {type(step.question).__name__: step.question for one in lessons().values() for step in one.steps}
    assert kinds["Scale"].with_unit(3) == kinds["Scale"].reads(3)  # type: ignore[union-attr]
    ranking = kinds["Ranking"]
    assert ranking is not None
    assert ranking.reads([2, 0, 1]).count(" > ") == 2
