"""A lesson's question as one that a class votes on."""

from __future__ import annotations

from dashboard.data.lesson import Lesson, Step
from dashboard.data.lesson_questions import Choice, Ranking, Scale
from dashboard.text.translation import _
from kdcore.classroom.vote_question import LONGEST_SENTENCE, VoteQuestion


def vote_question(lesson: Lesson, step: Step) -> VoteQuestion:
    """The question of a step with what was measured, which no student's page has before the reveal."""
    question, source = step.question, f"{lesson.name}/{step.name}"
    if isinstance(question, Scale):
        found = question.measured()
        return VoteQuestion(
            kind="number", asks=_(question.asks), low=question.low, high=question.high, step=question.step,
            unit=_(question.unit), measured=min(max(found.value, question.low), question.high), sentence=found.sentence[:LONGEST_SENTENCE], source=source,
        )  # fmt: skip
    assert isinstance(question, Choice | Ranking)
    measured, sentence = question.measured()
    return VoteQuestion(
        kind="choice" if isinstance(question, Choice) else "order",
        asks=_(question.asks),
        options=tuple(_(option) for option in question.options),
        measured=measured,
        sentence=sentence[:LONGEST_SENTENCE],
        source=source,
    )


def questions_of(lesson: Lesson) -> list[Step]:
    """The steps of a lesson that ask what can be voted on: a sketched curve has no answers to count."""
    return [step for step in lesson.steps if isinstance(step.question, Choice | Ranking | Scale)]
