"""Take the README's pictures again: `python -m scripts.readme_pictures`, or `make pictures`.

A dashboard of its own on a free port, with empty folders, in a headless Chromium: nothing of this machine's runs shows.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from scripts import chromium
from tests.browser.conftest import FLAGS
from tests.browser.helpers import button, serving, settled

PICTURES = Path(__file__).resolve().parent.parent / "assets" / "readme"
SIZE: ViewportSize = {"width": 1280, "height": 720}


def main() -> int:
    """Write both pictures; returns the exit code."""
    executable = chromium.get()
    if executable is None:
        print("There is no Chromium here and none could be installed.", file=sys.stderr)
        return 2
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        (data := Path(folder) / "data").mkdir()
        with serving(Path(folder) / "runs", data) as server:
            browser = playwright.chromium.launch(executable_path=executable, headless=True, args=FLAGS)
            first_screen(opened(browser, server.address))
            default_preset_trained(opened(browser, server.address))
            browser.close()
    return 0


def opened(browser: Browser, address: str) -> Page:
    """An empty page in the light theme."""
    context = browser.new_context(
        base_url=address, viewport=SIZE, color_scheme="light", reduced_motion="reduce"
    )
    return context.new_page()


def first_screen(page: Page) -> None:
    """The drawn 2 that leans towards a 7, at T = 4."""
    page.goto("/")
    settled(page)
    expect(page.locator(".soft")).to_have_attribute("data-redraws", re.compile(r"\d+"))
    page.screenshot(path=PICTURES / "soft-targets.png")


def default_preset_trained(page: Page) -> None:
    """Train after its first preset has run to the end."""
    page.goto("/train")
    settled(page)
    page.get_by_text(
        "MACs"
    ).first.wait_for()  # the networks' figures are shown once the server has imported torch
    button(page, "train").click()
    page.get_by_role("heading", name="What this shows").wait_for()
    settled(page)
    page.mouse.move(0, 0)
    page.screenshot(path=PICTURES / "train.png")


if __name__ == "__main__":
    sys.exit(main())
