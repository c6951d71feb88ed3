"""From page to page in a real browser: what is carried is said, what is selected stays, and Back leads back."""

from __future__ import annotations

import re
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from kdcore.runs.run_record import Run
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from kdcore.studies.presets import PRESETS
from tests.browser.helpers import Server, browser_id, button, settled

QUICK = PRESETS[0].experiment.with_flat(epochs=2)


def go(page: Page, name: str) -> None:
    """Press the page's link in the bar, and wait until it is there."""
    page.locator(".st-key-top_bar").get_by_role("link", name=name, exact=True).click()
    settled(page)


def temperature(page: Page) -> str:
    """What the slider of the temperature says."""
    slider = page.get_by_role("slider", name=re.compile("Temperature")).first
    return slider.get_attribute("aria-valuetext") or slider.get_attribute("aria-valuenow") or ""


def test_a_temperature_from_another_page_is_said_beside_train_and_can_be_taken_back(page: Page) -> None:
    page.goto("/?T=0.25")
    settled(page)
    go(page, "Train")
    changed = page.locator(".st-key-changed")
    expect(changed).to_contain_text("Changed from the preset “100 digits”: Temperature T 0.25 instead of 4.")
    beside, train = changed.bounding_box(), button(page, "train").bounding_box()
    assert beside
    assert train
    assert abs(beside["y"] + beside["height"] / 2 - train["y"] - train["height"] / 2) < 60, "beside Train"
    button(page, "back").click()
    expect(changed).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/train$"))
    assert temperature(page) == "4"


def test_the_bar_keeps_to_one_line_at_a_hundred_and_fifty_per_cent(page: Page) -> None:
    page.set_viewport_size({"width": 1440 * 2 // 3, "height": 600})
    page.goto("/class")
    settled(page)
    bar = page.locator(".st-key-top_bar")
    expect(bar.get_by_role("link", name="Classroom", exact=True)).to_be_visible()
    expect(bar.get_by_role("combobox", name="Language")).to_be_visible()
    parts = [box for part in bar.locator(":scope > *").all() if (box := part.bounding_box())]
    assert len({round((box["y"] + box["height"] / 2) / 8) for box in parts}) == 1
    assert max(box["x"] + box["width"] for box in parts) <= 960


def stopped_run(page: Page, server: Server) -> Run:
    """A run of this browser's that ended before it trained: no worker is waited for."""
    page.goto("/runs")
    settled(page)
    with closing(Store(server.runs)) as store:
        run = store.create(PRESETS[0].experiment.with_flat(epochs=7), browser_id(page), status="running")
        store.finish(run.id, "stopped")
    return run


def test_a_run_stays_selected_until_something_else_is(page: Page, server: Server) -> None:
    run = stopped_run(page, server)
    page.goto(f"/train?run={run.id}")
    settled(page)
    for elsewhere in ("Sweep", "Runs", "Soft targets", "Reference"):
        go(page, elsewhere)
        assert run.id in page.url, elsewhere
    go(page, "Train")
    expect(page).to_have_url(re.compile(rf"train\?run={run.id}$"))
    expect(button(page, "go_on")).to_be_visible()
    expect(page.locator(".st-key-changed")).to_have_count(0)


@pytest.mark.parametrize("path", ["dark-knowledge", ""], ids=["Dark knowledge", "Soft targets"])
def test_a_page_opened_while_a_run_trains_opens_its_results_at_the_end(
    page: Page, server: Server, path: str
) -> None:
    page.goto("/runs")
    settled(page)
    with closing(Store(server.runs)) as store:
        run = store.create(QUICK, browser_id(page), status="running")
        page.goto(f"/{path}?run={run.id}")
        expect(page.get_by_text("has not been tested yet")).to_be_visible()
        assert train_run(store, run.id, data_folder=server.runs).status == "finished"
    expect(page.get_by_text("has not been tested yet")).to_have_count(0)
    networks = page.get_by_role("combobox", name="Networks")
    expect(networks).to_have_value(
        re.compile(rf"run {run.id[:6]}: digits-mlp-300 to mlp-30, T = 4, epochs = 2$")
    )


def test_back_undoes_choices_and_no_sliders_move_and_everything_agrees_with_the_address(page: Page) -> None:
    page.goto("/train?epochs=7")
    settled(page)
    entries = page.evaluate("history.length")
    slider = page.get_by_role("slider", name=re.compile("Temperature")).first
    for value in ("5", "6", "8"):
        slider.press("ArrowRight")
        expect(page).to_have_url(re.compile(rf"T={value}\.0"))
        settled(page)
    assert page.evaluate("history.length") == entries, "a slider makes no entries"
    page.locator(".st-key-presets button:visible").last.click()
    expect(page).to_have_url(re.compile("preset="))
    settled(page)
    assert page.evaluate("history.length") == entries + 1, "a choice makes one"
    slider.press("ArrowLeft")
    expect(page).to_have_url(re.compile("preset=.*T="))
    page.go_back()  # at once: within the time in which an earlier link may also be a late request's
    expect(page).to_have_url(re.compile(r"epochs=7&T=8\.0$"))
    expect(slider).to_have_attribute("aria-valuetext", "8")
    expect(page.locator(".st-key-changed")).to_contain_text("Epochs 7 instead of 150")
    settled(page)
    expect(page).to_have_url(re.compile(r"epochs=7&T=8\.0$"))
    go(page, "Runs")
    search = page.get_by_role("textbox", name="Search")
    search.fill("mlp")
    search.press("Enter")
    expect(page).to_have_url(re.compile("words=mlp"))
    settled(page)
    page.locator(".st-key-mine-choice label").first.click()
    expect(page).to_have_url(re.compile("mine=1"))
    page.go_back()
    expect(page).to_have_url(re.compile("words=mlp$"))
    expect(page.locator(".st-key-mine-choice input")).not_to_be_checked()
    expect(search).to_have_value("mlp")
    page.go_back()
    expect(page).to_have_url(re.compile(r"/train\?epochs=7&T=8\.0$"))
    expect(slider).to_have_attribute("aria-valuetext", "8")
