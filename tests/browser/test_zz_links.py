"""Links that somebody sends a class make a browser ask nobody else, and become neither picture nor link."""

from __future__ import annotations

import random
from itertools import islice
from urllib.parse import urlsplit

from playwright.sync_api import Page

from scripts.attack.hostile_links import ELSEWHERE, hostile_links
from tests.browser.helpers import Server, settled

LINKS = 200
FOLLOW = """([path, query]) => {
    history.pushState({}, "", `/${path}?${query}`);
    dispatchEvent(new PopStateEvent("popstate", { state: {} }));
}"""
MADE = f"""() => [...document.querySelectorAll("a[href], img[src], script[src], iframe[src]")]
    .map(element => element.href || element.src).filter(address => address.includes("{ELSEWHERE}")
    && new URL(address).hostname.endsWith("{ELSEWHERE}"))"""
"""Elements that lead elsewhere; an address of ours may carry the name in its query."""


def test_hostile_links_ask_nobody_else(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.goto("/train")
    settled(page)
    for number, link in enumerate(islice(hostile_links(random.Random(4)), LINKS)):
        page.evaluate(FOLLOW, [link.page, link.query])
        if True:  # the last of ten is looked at; Streamlit gives up what another link overtakes
            settled(page)
            assert page.evaluate(MADE) == [], link
            assert page.locator("[data-testid='stException']").count() == 0, link
    own = urlsplit(server.address).netloc
    others = [
        url
        for url in asked
        if urlsplit(url).scheme.startswith(("http", "ws")) and urlsplit(url).netloc != own
    ]
    assert others == []
