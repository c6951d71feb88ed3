"""Every lesson from its first step to its last, by doing what each step asks: `make lessons`, some minutes long.

No data, no network. Each step stays open until it is done; none may be waited for longer than ten seconds of training. With
STILLROOM_LESSON_SHOTS=FOLDER each step leaves a picture there, in each look.
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
from tests.browser.hands import Hand, Keyboard, Pointer
from tests.browser.helpers import Server, button, serving, settled
from tests.browser.test_accessible import faults

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
HANDS: dict[str, Hand] = {"pointer": Pointer(), "keyboard": Keyboard()}
Act = Callable[[Page, Hand], None]


@pytest.fixture(scope="module")
def school(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("walks")
    (folder / "runs").mkdir()
    (folder / "data").mkdir()
    with serving(folder / "runs", folder / "data") as running:
        yield running


def opened(page: Page) -> Locator:
    return page.locator(".st-key-lesson_open")


def temperature(key: str, until: str) -> Act:
    """Press a key on the slider until the value reads so."""

    def act(page: Page, hand: Hand) -> None:
        slider = page.get_by_role("slider", name="Temperature", exact=True)
        hand.take(slider)
        page.keyboard.press(key)
        while not re.search(until, slider.get_attribute("aria-valuetext") or ""):
            page.keyboard.press(key)

    return act


def morph(page: Page, hand: Hand) -> None:
    hand.take(page.get_by_role("slider", name=re.compile("From 2 to 7")))
    for _ in range(6):
        page.keyboard.press("ArrowRight")


def press(key: str) -> Act:
    return lambda page, hand: hand.press(button(page, key))


def another_seed(page: Page, hand: Hand) -> None:
    hand.press(button(page, "train"))
    expect(button(page, "another_seed")).to_be_enabled()
    hand.press(button(page, "another_seed"))


def a_cell(page: Page, hand: Hand) -> None:
    if isinstance(hand, Pointer):
        page.locator(".st-key-view .mark-rect path").nth(3).click(force=True)
        return
    for name, digit in (("Label", "8"), ("Answer", "3")):
        hand.choose(page.get_by_role("combobox", name=name), digit)
        settled(page)


def the_bias(page: Page, hand: Hand) -> None:
    hand.mark(page.locator(".st-key-path").get_by_role("radio", name="Omitted classes"))
    hand.press(page.locator(".bests_row button").first)


DO: dict[str, Act] = {
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


@pytest.mark.parametrize("look", LOOKS if "STILLROOM_LESSON_SHOTS" in os.environ else ["light"])
@pytest.mark.parametrize("hand", ["pointer"] if "STILLROOM_LESSON_SHOTS" in os.environ else HANDS)
@pytest.mark.parametrize("lesson", ALL, ids=lambda lesson: lesson.name)
def test_a_lesson_is_walked(
    lesson: Lesson, look: str, hand: str, school: Server, new_context: NewContext
) -> None:
    page = new_context(base_url=school.address, **LOOKS[look]).new_page()
    first = lesson.steps[0]
    page.goto(f"/{'' if first.page == SOFT_TARGETS else first.page}?lesson={lesson.name}")
    for step in lesson.steps:
        walk(page, lesson, step, look, HANDS[hand])
    rail = page.locator(".st-key-lesson")
    questions = sum(step.question is not None for step in lesson.steps)
    expect(rail).to_contain_text(f"of {questions} came out as you expected")
    picture(page, lesson, "end", look)


def walk(page: Page, lesson: Lesson, step: Step, look: str, hand: Hand) -> None:
    """Do one step, after a reload that must not lose it."""
    expect(page).to_have_url(re.compile(f"lesson_step={step.name}(&|$)|lesson={lesson.name}(&|$)"))
    begin(page, step, hand)
    page.reload()
    begin(page, step, hand)
    assert faults(page) == []
    if step.question is not None:
        predict(page, step, hand)
        picture(page, lesson, step.name, look)
        if step is not lesson.steps[-1]:
            hand.press(opened(page).get_by_role("button", name="Go on"))
        return
    expect(opened(page)).to_contain_text(beginning(step))  # it is still open: nothing was done
    picture(page, lesson, step.name, look)
    DO[step.name](page, hand)
    before = time.monotonic()
    expect(opened(page)).not_to_contain_text(beginning(step))
    assert time.monotonic() - before < ROOM * LONGEST


def begin(page: Page, step: Step, hand: Hand) -> None:
    """The step is open, and the page is as it begins with it."""
    settled(page)
    expect(opened(page)).to_contain_text(beginning(step))
    way = opened(page).locator("a, button", has_text="Set the page up for this step")
    if way.count():
        hand.press(way)
        expect(way).to_have_count(0)
        settled(page)


def beginning(step: Step) -> str:
    return step.text.split("*")[0][:30].rstrip()


def predict(page: Page, step: Step, hand: Hand) -> None:
    """Answer what the question asks, with anything that it takes."""
    if isinstance(step.question, Ranking):
        for place, option in enumerate(step.question.options):
            hand.choose(opened(page).get_by_role("combobox").nth(place), option)
            settled(page)
    elif isinstance(step.question, Sketch):
        hand.take(opened(page).get_by_role("slider").last)
        page.keyboard.press("ArrowUp")
    elif not isinstance(step.question, Scale):
        hand.mark(opened(page).locator("input[type=radio]").first)
    settled(page)
    hand.press(opened(page).get_by_role("button", name="That is my prediction"))
    expect(opened(page).get_by_test_id("stAlert")).to_contain_text(re.compile("[Yy]ou expected"))


def picture(page: Page, lesson: Lesson, name: str, look: str) -> None:
    if folder := os.environ.get("STILLROOM_LESSON_SHOTS"):
        page.wait_for_load_state("networkidle")
        page.screenshot(path=Path(folder) / f"{lesson.number}-{name}-{look}.png")
