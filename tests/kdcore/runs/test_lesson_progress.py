"""What a browser has done of a lesson: predictions stay as they were made."""

from __future__ import annotations

from pathlib import Path

from kdcore.runs.lesson_progress import PassedStep
from kdcore.runs.store import Store


def test_a_prediction_stays_as_it_was_made(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.lessons.pass_step("me", "first", "guess", 25.0)
    store.lessons.pass_step("me", "first", "guess", 13.0)
    store.lessons.skip_step("me", "first", "guess")
    store.close()
    assert Store(tmp_path).lessons.passed("me", "first") == {"guess": PassedStep(25.0)}


def test_a_step_that_was_skipped_can_still_be_done(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.lessons.skip_step("me", "first", "guess")
    assert store.lessons.passed("me", "first") == {"guess": PassedStep(skipped=True)}
    store.lessons.pass_step("me", "first", "guess", 2)
    assert store.lessons.passed("me", "first") == {"guess": PassedStep(2)}


def test_browsers_and_lessons_are_apart(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.lessons.pass_step("me", "first", "guess", [1, 0])
    assert store.lessons.passed("you", "first") == {}
    assert store.lessons.passed("me", "second") == {}
    assert store.lessons.passed("me", "first")["guess"].prediction == [1, 0]
