"""Tooltips in a real browser: what stands right below the navigation does not cover it with its own."""

from __future__ import annotations

from contextlib import suppress

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from tests.browser.helpers import settled

NEAR = 260.0
"""Pixels from the top within which a tooltip above its button could reach the navigation."""


@pytest.mark.parametrize("path", ["/", "/train", "/sweep", "/dark-knowledge", "/runs", "/reference"])
def test_no_tooltip_covers_the_navigation(page: Page, path: str) -> None:
    page.goto(path)
    settled(page)
    bar = page.locator(".st-key-top_bar").bounding_box()
    assert bar is not None
    tooltip = page.locator("[role='tooltip'] > [data-testid='stTooltipContent']")
    looked_at = 0
    for target in page.locator("[data-testid='stMain'] [data-testid='stTooltipHoverTarget']:visible").all():
        place = target.bounding_box()
        if place is None or not bar["y"] + bar["height"] <= place["y"] <= NEAR:
            continue
        page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        with suppress(TimeoutError):
            tooltip.wait_for(timeout=2_000)
        if not tooltip.count():
            continue  # a chart drew itself over it
        page.wait_for_timeout(250)
        shown = tooltip.bounding_box()
        assert shown is not None
        assert shown["y"] >= bar["y"] + bar["height"] - 1, f"{path}: {tooltip.inner_text()}"
        assert shown["y"] - place["y"] - place["height"] < 20 or shown["y"] + shown["height"] <= place["y"]
        page.mouse.move(640, 700)
        expect(tooltip).to_have_count(0)
        looked_at += 1
    assert looked_at or path not in ("/train", "/sweep")
