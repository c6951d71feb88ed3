"""A curve is sketched in Chromium, with the pointer and with keys, and locked; what was measured is nowhere before that."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import settled, steady_box
from tests.browser.test_accessible import faults

MEASURED = "17.8"
"""Errors at T = 8, mean of five seeds."""


def point(page: Page, at: str) -> Locator:
    return page.locator(".sketch").get_by_role("slider", name=f"T = {at}", exact=True)


def predict(page: Page) -> Locator:
    return page.get_by_role("button", name="That is my prediction")


def test_a_curve_is_sketched_locked_and_stands_beside_what_was_measured(page: Page) -> None:
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    page.goto("/sweep?lesson=which-temperature")
    expect(point(page, "100")).to_be_visible()
    settled(page)
    expect(predict(page)).to_be_disabled()
    assert faults(page) == []

    eight, hundred = (steady_box(point(page, at)) for at in ("8", "100"))
    page.mouse.move(eight["x"] + 7, eight["y"] + 7)
    page.mouse.down()
    page.mouse.move(hundred["x"] + 7, hundred["y"] - 40, steps=8)
    page.mouse.up()
    expect(point(page, "100")).not_to_have_attribute("aria-valuetext", "37 errors")
    dragged = point(page, "100").get_attribute("aria-valuetext")
    point(page, "1").focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowDown")
    expect(point(page, "1")).to_have_attribute("aria-valuetext", "31 errors")
    expect(point(page, "1")).to_be_focused()
    expect(predict(page)).to_be_enabled()
    settled(page)
    expect(point(page, "100")).to_have_attribute("aria-valuetext", str(dragged))
    assert MEASURED not in page.content()
    assert not any(MEASURED in frame for frame in frames)

    predict(page).click()
    expect(page.locator(".st-key-lesson_open").get_by_test_id("stAlert")).to_contain_text(
        "On average you were"
    )
    described = re.compile(re.escape(f"T = 8: {MEASURED} errors"))
    expect(page.locator(".sketch .plot")).to_have_attribute("aria-label", described)
    assert any(MEASURED in frame for frame in frames), "it would have been seen"
    expect(page.locator(".sketch").get_by_role("slider")).to_have_count(0)
    page.reload()
    expect(page.locator(".st-key-lesson_open").get_by_test_id("stAlert")).to_contain_text(
        "On average you were"
    )
    assert faults(page) == []
