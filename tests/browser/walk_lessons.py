"""Every lesson from its first step to its last, by doing what each step asks: `make lessons`, some minutes long.

No data, no network. Each step stays open until it is done; none may be waited for longer than ten seconds of training. With
STILLROOM_PICTURES=FOLDER each step leaves a picture there, in each look.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard.data.lesson import Lesson, Step
from dashboard.data.lesson_questions import Ranking, Scale, Sketch
from dashboard.lessons.registry import lessons
from dashboard.pages import SOFT_TARGETS
from tests.browser.conftest import NewContext
from tests.browser.helpers import Server, button, serving, settled
from tests.browser.test_accessible import faults

MINUTE = 60_000
expect.set_options(timeout=30_000)  # a busy machine
LONGEST = 10.0
"""Seconds of training that a step may ask for on two idle cores."""
ROOM = 3.0
"""Times as long on a busy machine."""
LOOKS = {
    "light": {"viewport": {"width": 1440, "height": 900}},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "projector": {"viewport": {"width": 1920, "height": 1080}},
    "phone": {"viewport": {"width": 390, "height": 844}},
}
ALL = [*lessons().values()]


@pytest.fixture(scope="module")
def school(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("walks")
    (folder / "runs").mkdir()
    (folder / "data").mkdir()
    with serving(folder / "runs", folder / "data") as running:
        yield running


def opened(page: Page) -> Locator:
    return page.locator(".st-key-lesson_open")


def temperature(key: str, until: str) -> Callable[[Page], None]:
    """Press a key on the slider until the value reads so."""

    def act(page: Page) -> None:
        slider = page.get_by_role("slider", name="Temperature", exact=True)
        slider.focus()
        slider.press(key)
        while not re.search(until, slider.get_attribute("aria-valuetext") or ""):
            slider.press(key)

    return act


def morph(page: Page) -> None:
    slider = page.get_by_role("slider", name=re.compile("From 2 to 7"))
    slider.focus()
    for _ in range(6):
        slider.press("ArrowRight")


def press(key: str) -> Callable[[Page], None]:
    return lambda page: button(page, key).click()


def another_seed(page: Page) -> None:
    button(page, "train").click()
    button(page, "another_seed").click()


def a_cell(page: Page) -> None:
    page.locator(".st-key-view .mark-rect path").nth(3).click(force=True)


def the_bias(page: Page) -> None:
    page.locator(".st-key-path label").filter(has_text="Omitted classes").click()
    page.locator(".bests_row button").first.click(timeout=MINUTE)


DO: dict[str, Callable[[Page], None]] = {
    "warmer": temperature("ArrowRight", r"^T = 4\."),
    "hot": temperature("End", "100"),
    "cold": temperature("Home", r"0\.25"),
    "wavering": morph,
    "train": press("train"),
    "another-seed": another_seed,
    "sweep": press("start_sweep"),
    "warm": temperature("End", "100"),
    "look-alike": a_cell,
    "leave-it-out": press("train"),
    "raise-the-bias": the_bias,
    "put-one-between": press("train"),
    "wait": press("start_sweep"),
    "train-both-sides": press("train"),
    "riddle": press("train"),
}


def test_there_is_a_way_to_do_each_step() -> None:
    assert {step.name for lesson in ALL for step in lesson.steps if step.done} == {*DO}


@pytest.mark.parametrize("look", LOOKS if "STILLROOM_PICTURES" in os.environ else ["light"])
@pytest.mark.parametrize("lesson", ALL, ids=lambda lesson: lesson.name)
def test_a_lesson_is_walked(lesson: Lesson, look: str, school: Server, new_context: NewContext) -> None:
    page = new_context(base_url=school.address, **LOOKS[look]).new_page()
    page.set_default_timeout(MINUTE)
    first = lesson.steps[0]
    page.goto(f"/{'' if first.page == SOFT_TARGETS else first.page}?lesson={lesson.name}")
    for step in lesson.steps:
        walk(page, lesson, step, look)
    rail = page.locator(".st-key-lesson")
    questions = sum(step.question is not None for step in lesson.steps)
    expect(rail).to_contain_text(f"of {questions} came out as you expected")
    picture(page, lesson, "end", look)


def walk(page: Page, lesson: Lesson, step: Step, look: str) -> None:
    """Do one step, after a reload that must not lose it."""
    expect(page).to_have_url(re.compile(f"lesson_step={step.name}(&|$)|lesson={lesson.name}(&|$)"))
    begin(page, step)
    page.reload()
    begin(page, step)
    assert faults(page) == []
    if step.question is not None:
        predict(page, step)
        picture(page, lesson, step.name, look)
        if step is not lesson.steps[-1]:
            opened(page).get_by_role("button", name="Go on").click()
        return
    expect(opened(page)).to_contain_text(beginning(step))  # it is still open: nothing was done
    picture(page, lesson, step.name, look)
    before = time.monotonic()
    DO[step.name](page)
    expect(opened(page)).not_to_contain_text(beginning(step), timeout=2 * MINUTE)
    assert time.monotonic() - before < ROOM * LONGEST


def begin(page: Page, step: Step) -> None:
    """The step is open, and the page is as it begins with it."""
    settled(page)
    expect(opened(page)).to_contain_text(beginning(step))
    way = opened(page).get_by_text("Set the page up for this step")
    if way.count():
        way.click()
        expect(way).to_have_count(0)
        settled(page)


def beginning(step: Step) -> str:
    return step.text.split("*")[0][:30].rstrip()


def predict(page: Page, step: Step) -> None:
    """Answer what the question asks, with anything that it takes."""
    if isinstance(step.question, Ranking):
        for place, option in enumerate(step.question.options):
            opened(page).get_by_role("combobox").nth(place).click()
            page.get_by_role("listbox").get_by_role("option", name=option, exact=True).click()
            settled(page)
    elif isinstance(step.question, Sketch):
        opened(page).get_by_role("slider").last.press("ArrowUp")
    elif not isinstance(step.question, Scale):
        opened(page).locator("label", has=page.locator("input[type=radio]")).first.click()
    settled(page)
    opened(page).get_by_role("button", name="That is my prediction").click()
    expect(opened(page).get_by_test_id("stAlert")).to_contain_text("You expected")


def picture(page: Page, lesson: Lesson, name: str, look: str) -> None:
    if folder := os.environ.get("STILLROOM_PICTURES"):
        page.wait_for_load_state("networkidle")
        page.screenshot(path=Path(folder) / f"{lesson.number}-{name}-{look}.png")
