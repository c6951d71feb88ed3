"""What a browser answered in its lessons, as it is handed in: each question once, those that were left out too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dashboard.data import run_manager
from dashboard.data.lesson import Lesson, Question, Step
from dashboard.text.translation import _
from kdcore.classroom.submission import LessonAnswer
from kdcore.runs.lesson_progress import PassedStep


def lesson_answers(owner: str, lessons: Iterable[Lesson]) -> list[LessonAnswer]:
    """The predictions of these lessons by this browser, in the lessons' order."""
    answers = []
    for lesson in lessons:
        passed = run_manager.manager().store.lessons.passed(owner, lesson.name)
        answers += [
            _answer(lesson, step, step.question, passed.get(step.name))
            for step in lesson.steps
            if step.question is not None
        ]
    return answers


def _answer(lesson: Lesson, step: Step, question: Question, passed: PassedStep | None) -> LessonAnswer:
    asked = {"kind": "prediction", "asks": _(question.asks), "lesson": lesson.name, "step": step.name}
    if passed is None or passed.skipped or not question.accepts(passed.prediction):
        return LessonAnswer.model_validate(asked)
    outcome = question.outcome(passed.prediction)
    return LessonAnswer.model_validate(
        asked
        | {
            "answer": question.reads(passed.prediction),
            "prediction": _numbers(passed.prediction),
            "measured": outcome.sentence,
            "as_expected": outcome.as_expected,
        }
    )


def _numbers(prediction: Any) -> Any:
    """The prediction as numbers: an order may have come as texts of numbers."""
    return (
        [int(one) if isinstance(one, str) else one for one in prediction]
        if isinstance(prediction, list)
        else prediction
    )
