"""A sweep in a real browser: it races live, says what it supports, is found again, and its marks open their runs."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.helpers import button, settled

SMALL = "/sweep?vary=temperature:1,4,16&seeds=2&epochs=60"


def start(page: Page, address: str) -> None:
    page.goto(address)
    expect(button(page, "start_sweep")).to_be_enabled()
    expect(page.locator("[data-testid='stSkeleton']")).to_have_count(0)
    settled(page)
    button(page, "start_sweep").click()


def test_a_sweep_is_raced_answered_watched_and_found_again(page: Page, new_context: NewContext) -> None:
    start(page, SMALL)
    findings = page.locator(".st-key-details")
    expect(findings).to_contain_text("at 2 seeds")
    expect(page.locator(".st-key-controls")).to_contain_text("6 of 6 students trained")
    expect(page.locator(".st-key-member_curves_chart svg.marks")).to_be_visible()
    expect(page.locator("table.figures tbody tr")).to_have_count(3)

    other = new_context().new_page()
    other.goto(page.url)
    expect(other.locator(".st-key-details")).to_have_text(findings.inner_text())

    button(page, "start_sweep").click()
    expect(page.locator(".st-key-messages")).to_contain_text("All 6 students were trained before")

    page.get_by_role("spinbutton", name="Seeds").fill("4")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("seeds=4"))
    expect(page.locator(".st-key-controls")).to_contain_text("6 of 12 students trained")
    button(page, "start_sweep").click()
    expect(findings).to_contain_text("at 4 seeds")

    page.locator(".st-key-answer_chart .mark-symbol path").last.click(force=True)
    expect(page).to_have_url(re.compile(r"/train\?.*run=[\w-]{22}"))
    expect(page.locator(".st-key-error_chart svg.marks")).to_be_visible()
    assert "seeds=4" in page.url, "the way back"


def test_only_who_started_a_sweep_may_stop_it(page: Page, new_context: NewContext) -> None:
    start(page, "/sweep?vary=temperature:1,4&seeds=1&epochs=2000&batch_size=2")
    expect(button(page, "sweep-stop")).to_be_enabled()
    other = new_context().new_page()
    other.goto(page.url)
    expect(button(other, "sweep-stop")).to_be_disabled()
    expect(button(other, "start_sweep")).to_be_disabled()
    button(page, "sweep-stop").click()
    expect(page.locator(".st-key-controls")).to_contain_text("stopped before its end")
    expect(button(page, "sweep-go_on")).to_be_visible()
