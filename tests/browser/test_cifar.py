"""Colour images from the page: CIFAR-10 (JPEG), a folder of class folders, with a bundled teacher and a CNN."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import settled


@pytest.mark.slow
def test_cifar_trains_from_the_page(page: Page, data_folder: Path) -> None:
    page.goto(
        "/train?dataset=cifar10-jpeg&teacher=cifar10-jpeg-cnn-medium&student=cnn-tiny&count=256&epochs=2"
    )
    settled(page)
    page.locator(".st-key-train button").first.click()
    expect(page.locator(".figure.student .value:visible")).to_have_text(re.compile(r"\d"))
    expect(page.get_by_text("What this shows")).to_be_visible()
    expect(page.get_by_text(re.compile(r"of 10,000|On 10,000")).first).to_be_visible()
    expect(page.locator("[data-testid='stException']")).to_have_count(0)
