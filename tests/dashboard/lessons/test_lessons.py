"""All lessons: short enough, true to what was measured, and each step can be done where it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from dashboard import pages
from dashboard.data import lesson_walk, run_manager
from dashboard.data.lesson import Lesson, Question, Seen, Step
from dashboard.data.lesson_questions import Choice, Scale, Sketch
from dashboard.lessons import figures
from dashboard.lessons.checks import finished_run, number_in_link, temperature
from dashboard.lessons.registry import lessons
from dashboard.url.parameters import FIELD_OF, PAGE_PARAMETERS
from kdcore.experiment import FLAT_FIELDS
from kdcore.runs.run_record import Run
from kdcore.studies.presets import PRESETS
from tests.dashboard.fake_manager import FakeManager
from tests.manual import page

LESSONS = list(lessons().values())
STEPS = [(lesson, step) for lesson in LESSONS for step in lesson.steps]
QUESTIONS = [(step.name, step.question) for _, step in STEPS if step.question]
PAGES = {value for name, value in vars(pages).items() if name.isupper()}


def words(text: str) -> int:
    return len(text.split())


def some_prediction(question: Question) -> Any:
    if isinstance(question, Choice):
        return 0
    if isinstance(question, Sketch):
        return [question.high] * len(question.at)
    return question.low if isinstance(question, Scale) else list(range(len(question.options)))  # type: ignore[attr-defined]


@pytest.mark.parametrize(("lesson", "step"), STEPS, ids=lambda one: one.name)
def test_a_step_is_short_and_can_be_done(lesson: Lesson, step: Step) -> None:
    assert words(step.text) <= 60
    assert words(step.why) <= 120
    assert (step.done is None) != (step.question is None), "it is either done or answered"
    assert step.page in PAGES
    known = {*PAGE_PARAMETERS, *FLAT_FIELDS, *FIELD_OF}
    assert set(step.link) <= known


def test_the_list_of_lessons_waits_for_no_network() -> None:
    """Every page draws it: the first screen would wait for torch."""
    code = "import sys; from dashboard.lessons.registry import lessons; lessons(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_lessons_have_their_places_and_names_of_their_own() -> None:
    assert [lesson.number for lesson in LESSONS] == list(range(1, len(LESSONS) + 1))
    for lesson in LESSONS:
        names = [step.name for step in lesson.steps]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(("name", "question"), QUESTIONS)
def test_a_question_takes_only_what_it_offers_and_answers_with_figures(name: str, question: Question) -> None:
    guess = some_prediction(question)
    assert question.accepts(guess)
    for forged in ("x", None, -1000, 1e9, [99], True, {"a": 1}, [0, 0], float("nan")):
        assert not question.accepts(forged)
    sentence = question.outcome(guess).sentence
    assert re.search(r"\d", sentence)
    assert "{" not in sentence


def test_a_prediction_near_what_was_measured_is_as_expected() -> None:
    scales = [question for _, question in QUESTIONS if isinstance(question, Scale)]
    for scale in scales:
        value = scale.measured().value
        assert scale.low <= value <= scale.high
        assert scale.outcome(value).as_expected
        assert not scale.outcome(
            scale.low if value - scale.low > scale.high - value else scale.high
        ).as_expected


def test_a_sketch_is_judged_by_how_far_it_is_on_average_and_says_where_it_is_farthest() -> None:
    [sketch] = [question for _, question in QUESTIONS if isinstance(question, Sketch)]
    found = [*sketch.measured().values]
    assert min(found) >= sketch.low
    assert max(found) <= sketch.high
    assert sketch.outcome(found).as_expected
    raised = [*found[:-1], sketch.high]
    assert (
        f"Farthest at T = {sketch.at[-1]}: you expected {sketch.high:g} errors"
        in sketch.outcome(raised).sentence
    )
    assert not sketch.outcome([sketch.high] * len(found)).as_expected
    for forged in (
        [1.0],
        [*found, 1.0],
        [*found[:-1], None],
        [*found[:-1], "1"],
        [*found[:-1], -1.0],
        [True] * len(found),
    ):
        assert not sketch.accepts(forged)


def test_figures_in_the_lessons_texts_are_those_that_were_measured() -> None:
    second = next(lesson for lesson in LESSONS if lesson.name == "does-it-help")
    texts = {step.name: step.text for step in second.steps}
    first, plain = figures.presets()["digits-100"], figures.presets()["mnist-plain"]
    assert f"errs on {figures.mean(first.errors['twin'])} of {first.images}" in texts["guess-the-student"]
    assert f"errs on {first.errors['teacher'][0]}, at T = 4" in texts["guess-the-student"]
    assert (
        f"err on {figures.mean(plain.errors['student'])} and {figures.mean(plain.errors['twin'])} of 10,000"
        in texts["guess-the-nll"]
    )
    last = next(lesson for lesson in LESSONS if lesson.name == "break-it")
    squared = next(step.text for step in last.steps if step.name == "guess-no-square")
    assert f"errs on {figures.mean(first.errors['student'])} of {first.images}" in " ".join(squared.split())
    seven = figures.beliefs("2-7", 16, 1)[7]
    assert seven < 0.005
    assert f"{100 * seven:.1f} %" == "0.4 %"


def test_measured_answers_agree_with_what_is_said_of_them() -> None:
    """What a 'why' explains has to be so: a new measurement that says otherwise has to change the lesson."""
    by_temperature = figures.student_by_temperature()
    errors = {T: sum(found["errors"]) for T, found in by_temperature.items()}
    assert errors[0.25] > errors[1] > errors[4] > errors[8]
    assert abs(errors[100] - errors[16]) < errors[1] - errors[4]
    plain, smoothed, _holds = figures.paper_claim("mueller2019", 2)
    assert sum(plain) < sum(smoothed)
    assert figures.likeness()[2][3] == max(figures.likeness()[2])
    measured = figures.presets()["digits-100"].errors
    assert all(student < twin for student, twin in zip(measured["student"], measured["twin"], strict=True))
    assert sum(measured["student"]) < sum(measured["T=1"]) < sum(measured["smoothing"])
    assert figures.faulty("student-on-both-sides") == measured["twin"], "learned from labels alone"
    assert sum(figures.faulty("t-squared-left-out")) < sum(measured["T=1"])


def test_what_is_said_of_teachers_that_are_too_good_was_measured() -> None:
    smaller, large, holds = figures.paper_claim("cho2019", 0)
    assert holds
    assert sum(smaller) < sum(large)
    nll = {
        arm: figures.paper_arm("cho2019", f"from a {arm} teacher", "test_nll") for arm in ("large", "smaller")
    }
    labels = figures.paper_arm("cho2019", "from a large teacher", "test_nll", "twin")
    assert min(nll["large"]) > max(labels), "sure and wrong"
    assert max(nll["smaller"]) < min(labels)
    further = [
        figures.paper_arm("cho2019", f"from a {arm} teacher", "test_kl") for arm in ("large", "smaller")
    ]
    assert min(further[0]) > max(further[1]), "it follows its teacher less closely"
    assert not figures.paper_claim("mirzadeh2020", 0)[2], "the assistant is said not to help"
    text = " ".join(step.text for step in lessons()["too-good-a-teacher"].steps)
    assert f"an NLL of {figures.mean(labels, 2)}" in text
    teachers = [
        100 * figures.paper_arm("cho2019", f"from a {arm} teacher", "test_errors", "teacher")[0] / 10_000
        for arm in ("smaller", "large")
    ]
    assert (
        "errs on {:.0f} % of the test images, the other, four times as large, on {:.0f} %".format(*teachers)
        in text
    )
    taught = {n: sum(figures.errors_at("epochs", n, "student")) for n in (20, 150, 1200)}
    alone = {n: sum(figures.errors_at("epochs", n, "twin")) for n in (20, 150, 1200)}
    assert taught[20] > alone[20]
    assert taught[150] < alone[150]
    assert taught[1200] < taught[150]
    assert abs(alone[1200] - alone[150]) < 0.1 * alone[150]


def test_the_temperatures_of_the_lessons_come_with_their_command() -> None:
    kept = json.loads((figures.ASSETS / "lessons.json").read_text(encoding="utf-8"))
    assert kept["command"] == "python -m scripts.lesson_figures"
    assert all(
        len(found[who]["errors"]) == 5
        for varied in ("temperatures", "epochs", "sizes")
        for found in kept[varied].values()
        for who in ("twin", "student")
    )


def test_each_lesson_has_a_page_for_its_lecturer() -> None:
    manual = page("docs/lessons.md")
    for lesson in LESSONS:
        [notes] = re.findall(
            rf"## {lesson.number}\. {re.escape(lesson.title)}\n(.*?)(?=\n## |\Z)", manual, re.S
        )
        assert [*re.findall(r"- \*\*(\w+)", notes)] == ["Say", "Show", "Goes", "Time", "Ask"]
        minutes = {7: "Seven", 8: "Eight"}[lesson.minutes]
        assert f"{minutes} minutes" in notes


# ------------------------------------------------------------------------------------------------ walking


FIRST = LESSONS[0]


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from kdcore.runs.store import Store

    fake = FakeManager()
    monkeypatch.setattr(fake, "store", Store(tmp_path))
    monkeypatch.setattr(run_manager, "manager", lambda: fake)


def seen(page: str, warmth: float, **link: str) -> Seen:
    return Seen(page, link, None, warmth)


def test_a_step_ticks_by_what_is_done_where_it_is_done(walked: None) -> None:
    step = next(one for one in FIRST.steps if one.name == "warmer")
    here = lesson_walk.walk(FIRST, "me", step.name)
    assert here.open == step
    assert not lesson_walk.notice(here, seen(step.page, 4.0), undone=set()), "it was so from the beginning"
    assert not lesson_walk.notice(here, seen(step.page, 1.0), {step.name})
    assert not lesson_walk.notice(here, seen("train", 4.0), {step.name}), "on another page it is not done"
    assert lesson_walk.notice(here, seen(step.page, 4.0), {step.name})
    again = lesson_walk.walk(FIRST, "me", step.name)
    assert step.name in again.passed
    assert lesson_walk.notice(again, seen(step.page, 1.0), {step.name}), "a run that was cut off goes on"
    assert lesson_walk.notice(again, seen(step.page, 1.0), {step.name, "later"}), "so does a late request"
    assert not lesson_walk.notice(again, seen(step.page, 4.0), undone={"another"}), "who goes back stays"
    assert lesson_walk.walk(FIRST, "me", None).open == FIRST.steps[0]


def test_a_prediction_is_locked_and_what_was_never_offered_is_not_taken(walked: None) -> None:
    step = FIRST.steps[0]
    here = lesson_walk.walk(FIRST, "me", None)
    lesson_walk.predict(here, step, 1e9)
    assert lesson_walk.walk(FIRST, "me", None).passed == {}
    lesson_walk.predict(here, step, 20.0)
    lesson_walk.predict(here, step, 13.0)
    assert lesson_walk.walk(FIRST, "me", None).passed[step.name].prediction == 20.0


def test_the_end_counts_what_came_out_of_what_was_predicted(walked: None) -> None:
    here = lesson_walk.walk(FIRST, "me", None)
    for step in FIRST.steps:
        if step.question is None:
            lesson_walk.skip(here, step)
    asked = [step for step in FIRST.steps if step.question]
    for step in asked[1:]:
        lesson_walk.predict(here, step, some_prediction(step.question))  # type: ignore[arg-type]
    lesson_walk.skip(here, asked[0])
    end = lesson_walk.walk(FIRST, "me", None)
    assert end.ended
    assert end.open is None
    assert end.expected()[1] == len(asked) - 1


def test_checks_look_at_what_is_on_screen() -> None:
    assert temperature(3, 5)(seen("train", 4))
    assert not temperature(3, 5)(seen("train", 6))
    assert number_in_link("at", 2, 4)(seen("train", 1, at="3"))
    assert not number_in_link("at", 2, 4)(seen("train", 1, at="x"))
    run = Run("id", "me", "", "finished", PRESETS[0].experiment, "hash", 0.0)
    check = finished_run(dataset="digits", count=100)
    assert check(Seen("train", {}, run, 4))
    assert not check(Seen("train", {}, None, 4))
    assert not finished_run(count=99)(Seen("train", {}, run, 4))
