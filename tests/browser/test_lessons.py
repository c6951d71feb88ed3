"""Lessons as a learner does them: on the real widgets, with predictions that stay, through reload, back and leaving."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard.lessons.registry import lessons
from tests.browser.conftest import FreshPage
from tests.browser.helpers import Server, serving, settled, unfold
from tests.browser.test_accessible import faults

FIRST = "what-a-label-leaves-out"


@pytest.fixture(scope="module")
def school(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A dashboard without data and without a network."""
    folder = tmp_path_factory.mktemp("school")
    (folder / "runs").mkdir()
    (folder / "data").mkdir()
    with serving(folder / "runs", folder / "data") as running:
        yield running


@pytest.fixture
def learner(school: Server, fresh_page: FreshPage) -> Iterator[Page]:
    with fresh_page(school) as page:
        yield page


def rail(page: Page) -> Locator:
    return page.locator(".st-key-lesson")


def open_step(page: Page) -> Locator:
    return page.locator(".st-key-lesson_open")


def is_open(page: Page, step: str) -> None:
    """The step is open, and the page has settled on it."""
    expect(page).to_have_url(re.compile(f"lesson_step={step}"))
    text = next(one.text for one in lessons()[FIRST].steps if one.name == step)
    expect(open_step(page)).to_contain_text(text.split("*")[0][:30])
    settled(page)


def predict(page: Page) -> Locator:
    """Lock what stands there; the outcome."""
    open_step(page).get_by_role("button", name="That is my prediction").click()
    outcome = open_step(page).get_by_test_id("stAlert")
    expect(outcome).to_contain_text("You expected")
    return outcome


def go_on(page: Page) -> None:
    open_step(page).get_by_role("button", name="Go on").click()


def temperature(page: Page, key: str, until: str = ".") -> None:
    """Set by a key of the keyboard, pressed until the value reads so."""
    slider = page.get_by_role("slider", name="Temperature", exact=True)
    slider.focus()
    slider.press(key)
    while not re.search(until, slider.get_attribute("aria-valuetext") or ""):
        slider.press(key)


def test_a_first_visitor_does_the_first_lesson_by_doing_what_it_asks(
    learner: Page, browser: Browser, school: Server
) -> None:
    learner.goto("/")
    learner.locator(".st-key-first_lesson button").first.click()
    is_open(learner, "guess-at-four")
    assert "13 %" not in rail(learner).inner_text(), "what was measured is not there before the prediction"
    outcome = predict(learner)
    expect(outcome).to_contain_text("You expected 25 %; measured: 13 %.")
    learner.reload()
    expect(rail(learner).get_by_test_id("stAlert").first).to_contain_text("You expected 25 %")
    expect(open_step(learner).get_by_role("button", name="That is my prediction")).to_have_count(0)
    go_on(learner)

    is_open(learner, "warmer")
    temperature(learner, "End")
    expect(learner).to_have_url(re.compile("T=100"))
    settled(learner)
    is_open(learner, "warmer")  # 100 is not what was asked
    learner.goto(learner.url.replace("T=100", "T=4"))
    settled(learner)
    is_open(learner, "warmer")  # the link did it, not the learner
    learner.get_by_role("button", name="Set the page up for this step").click()
    expect(learner).to_have_url(re.compile("T=1(&|$)"))
    settled(learner)
    temperature(learner, "ArrowRight", until=r"^T = 4\.")
    is_open(learner, "guess-the-order")
    faults_found = faults(learner)
    assert faults_found == []

    open_step(learner).get_by_text("Which digits this picture looks like").click()
    expect(predict(learner)).to_contain_text("At T = 4 the 7 has 13 %")
    go_on(learner)
    is_open(learner, "guess-too-hot")
    open_step(learner).get_by_text("The 7 passes the 2").click()
    predict(learner)
    go_on(learner)
    is_open(learner, "hot")
    temperature(learner, "End")
    is_open(learner, "cold")
    temperature(learner, "Home")
    is_open(learner, "wavering")
    morph = learner.get_by_role("slider", name=re.compile("From 2 to 7"))
    morph.focus()
    for _ in range(6):
        morph.press("ArrowRight")
        settled(learner)
    is_open(learner, "guess-the-warmest")

    learner.get_by_role("button", name="Set the page up for this step").click()
    predict(learner)
    expect(rail(learner)).to_contain_text("of 4 came out as you expected.")
    learner.locator(".st-key-lesson_leave button").first.click()
    expect(rail(learner)).to_have_count(0)
    learner.goto("/")
    settled(learner)
    expect(learner.get_by_role("slider", name="Temperature", exact=True)).to_be_visible()
    expect(learner.locator(".st-key-first_lesson")).to_have_count(0)


def test_a_step_can_be_skipped_gone_back_to_and_left_with_a_key(learner: Page) -> None:
    learner.goto(f"/?lesson={FIRST}&at=16&T=1")
    is_text = open_step(learner)
    expect(is_text).to_contain_text("A drawn 2 that leans")
    learner.locator(".st-key-lesson_skip button").first.click()
    is_open(learner, "warmer")
    unfold(learner.locator(".st-key-lesson_step_guess-at-four"))
    learner.locator(".st-key-lesson_back_guess-at-four button").first.click()
    is_open(learner, "guess-at-four")
    predict(learner)
    learner.keyboard.press("Escape")
    expect(rail(learner)).to_have_count(0)
    learner.goto(f"/?lesson={FIRST}")
    expect(open_step(learner)).to_contain_text("Raise the temperature")


def test_a_step_sets_its_page_up_and_a_link_of_the_page_does_not_end_the_lesson(learner: Page) -> None:
    learner.goto("/train?lesson=break-it")
    open_step(learner).get_by_text("Like its twin's").click()
    predict(learner)
    go_on(learner)
    expect(learner).to_have_url(re.compile("fault=student-on-both-sides"))
    learner.goto("/train?preset=digits-100")
    expect(rail(learner)).to_have_count(0)  # another visit
    learner.goto("/?lesson=break-it")
    settled(learner)
    learner.get_by_role("link", name="Train a small network with it").click()
    expect(learner).to_have_url(re.compile("/train.*lesson=break-it"))
    expect(rail(learner)).to_be_visible()


def test_who_closes_the_offer_does_not_see_it_again(learner: Page) -> None:
    learner.goto("/")
    expect(learner.get_by_role("slider", name="Temperature", exact=True)).to_be_visible()
    settled(learner)
    learner.locator(".st-key-close_first_visit button").first.click()
    expect(learner.locator(".st-key-first_visit")).to_have_count(0)
    learner.reload()
    settled(learner)
    expect(learner.get_by_role("slider", name="Temperature", exact=True)).to_be_visible()
    expect(learner.locator(".st-key-first_visit")).to_have_count(0)


def test_on_a_phone_the_lesson_leaves_the_page_in_sight(school: Server, browser: Browser) -> None:
    context = browser.new_context(base_url=school.address, viewport={"width": 390, "height": 844})
    phone = context.new_page()
    phone.goto(f"/?lesson={FIRST}&at=16&T=1")
    expect(open_step(phone)).to_be_visible()
    slider = phone.get_by_role("slider", name="Temperature", exact=True)
    expect(slider).to_be_in_viewport()
    settled(phone)
    sheet, knob = rail(phone).bounding_box(), slider.bounding_box()
    assert sheet is not None
    assert knob is not None
    assert knob["y"] + knob["height"] <= sheet["y"] + 60
    belief = phone.locator(".column:not(.truth) .row").last.bounding_box()
    assert belief is not None
    assert belief["y"] + belief["height"] < knob["y"], "what the teacher says is in sight while T is moved"
    context.close()
