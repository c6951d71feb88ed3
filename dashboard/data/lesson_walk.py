"""Where a browser stands in a lesson: which step is open, which are passed, and what becomes of a step that is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.data import run_manager
from dashboard.data.lesson import Lesson, Seen, Step
from kdcore.runs.lesson_progress import PassedStep


@dataclass(frozen=True)
class Walk:
    """One reading of how far a browser has come.

    Attributes:
        lesson: which.
        owner: the browser.
        passed: its steps that are passed, by name.
        open: the step that is open; None at the lesson's end.
    """

    lesson: Lesson
    owner: str
    passed: Mapping[str, PassedStep]
    open: Step | None

    @property
    def ended(self) -> bool:
        """Whether every step was passed or skipped."""
        return all(step.name in self.passed for step in self.lesson.steps)

    def expected(self) -> tuple[int, int]:
        """How many predictions came out, of how many that were made."""
        outcomes = [
            step.question.outcome(self.passed[step.name].prediction).as_expected
            for step in self.lesson.steps
            if step.question and step.name in self.passed and not self.passed[step.name].skipped
        ]
        return sum(outcomes), len(outcomes)


def walk(lesson: Lesson, owner: str, asked: str | None) -> Walk:
    """Where the browser stands; asked: the step that the link names."""
    passed = run_manager.manager().store.lessons.passed(owner, lesson.name)
    named = next((step for step in lesson.steps if step.name == asked), None)
    return Walk(lesson, owner, passed, named or _first_open(lesson, passed))


def is_done(walked: Walk, seen: Seen) -> bool:
    """Whether what is on screen says that the open step has been done."""
    step = walked.open
    return step is not None and step.done is not None and seen.page == step.page and step.done(seen)


def notice(walked: Walk, seen: Seen, undone: Collection[str]) -> bool:
    """Pass the open step if it has been done; returns whether the lesson goes on from it.

    undone: the steps that were seen not to be done before. What was so from the beginning is nobody's doing. One of them that
    is passed goes on as well: a run of the page was cut off before it went on, or a request left before it knew of it.
    """
    step = walked.open
    if step is None or step.done is None or step.name not in undone:
        return False
    if _is_passed(walked, step):
        return True
    if not is_done(walked, seen):
        return False
    run_manager.manager().store.lessons.pass_step(walked.owner, walked.lesson.name, step.name)
    return True


def predict(walked: Walk, step: Step, prediction: Any) -> None:
    """Lock a prediction; one that was locked before stays, and what cannot be predicted is not taken."""
    if step.question is not None and step.question.accepts(prediction):
        run_manager.manager().store.lessons.pass_step(walked.owner, walked.lesson.name, step.name, prediction)


def skip(walked: Walk, step: Step) -> None:
    """Leave a step out."""
    run_manager.manager().store.lessons.skip_step(walked.owner, walked.lesson.name, step.name)


def after(lesson: Lesson, step: Step, passed: Mapping[str, PassedStep]) -> Step | None:
    """The step that follows one that was passed: the next that is not; None at the end."""
    place = lesson.steps.index(step)
    following = [*lesson.steps[place + 1 :], *lesson.steps[:place]]
    return next((one for one in following if one.name not in passed), None)


def _first_open(lesson: Lesson, passed: Mapping[str, PassedStep]) -> Step | None:
    return next((step for step in lesson.steps if step.name not in passed), None)


def _is_passed(walked: Walk, step: Step) -> bool:
    found = walked.passed.get(step.name)
    return found is not None and not found.skipped
