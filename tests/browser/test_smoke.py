"""The dashboard opens in a real browser, without an exception and without asking another host for anything."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
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


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_the_bar_at_the_top_takes_the_mouse(new_context: NewContext, size: tuple[int, int]) -> None:
    """Streamlit's empty header lies over it."""
    page = new_context(viewport={"width": size[0], "height": size[1]}).new_page()
    page.goto("/?T=8")
    settled(page)
    for name, path in (("Train", "/train"), ("Dark knowledge", "/dark-knowledge"), ("Soft targets", "/")):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_url(re.compile(rf"{path}(soft-targets)?\?.*T=8"))
        settled(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
