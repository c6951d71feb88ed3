"""The dashboard opens in a real browser, without an exception and without asking another host for anything."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.helpers import Server, settled


def test_the_first_page_opens(page: Page, server: Server) -> None:
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))

    page.goto("/")
    settled(page)

    expect(page).to_have_title(re.compile("Stillroom"))
    expect(page.locator("[data-testid='stException']")).to_have_count(0)
    assert errors == []
    own = urlsplit(server.address).netloc
    assert [
        url for url in asked if urlsplit(url).scheme.startswith("http") and urlsplit(url).netloc != own
    ] == []
