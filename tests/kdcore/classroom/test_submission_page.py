"""The page beside a hand-in shows what it holds, marks what is missing, and takes no text for a program."""

from __future__ import annotations

from kdcore.classroom.submission import LessonAnswer
from kdcore.classroom.submission_page import submission_page
from tests.kdcore.classroom.handed_in import ANSWERED, LEFT_OUT, frozen, handed_in

SCRIPTED = "<script>alert(1)</script>"


def test_it_shows_answers_runs_and_what_is_missing() -> None:
    page = submission_page(handed_in(frozen(), frozen("run-2", changed=True), answers=(ANSWERED, LEFT_OUT)))
    assert "Answers: 1 of 2" in page
    assert page.count(">missing</b>") == 1
    assert "20 of 360" in page
    assert "T = 4" in page
    assert page.count("settings were changed") == 1
    assert ">changed</b>" not in page


def test_nothing_in_it_runs() -> None:
    answer = LessonAnswer(kind="reflection", asks=SCRIPTED, answer=SCRIPTED)
    run = frozen().model_copy(update={"title": SCRIPTED, "dataset_title": SCRIPTED}).with_digest()
    page = submission_page(handed_in(run, student=SCRIPTED, answers=(answer,)))
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 5
    assert "default-src 'none'" in page


def test_a_file_that_was_changed_says_so() -> None:
    submission = handed_in().model_copy(update={"student": "somebody else"})
    assert ">changed</b>" in submission_page(submission)
