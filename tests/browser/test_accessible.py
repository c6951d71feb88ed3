"""axe-core finds no serious fault on any page, in either theme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.helpers import Server, settled

EMPTY = {"exclude": [["svg g:empty"]]}
"""Where a chart's layer has no mark yet, Vega leaves a group without a name: nothing is drawn there and nothing to be named."""
SERIOUS = {"serious", "critical"}
PAGES = {
    "/": ".soft[data-redraws]",
    "/?show=digits": ".soft[data-redraws]",
    "/train": "text=MACs",
    "/reference?view=cards": "text=Use it on the Train page",
}
"""Addresses, and what is there once the page is whole."""


def faults(page: Page) -> list[str]:
    """Each serious fault on the page: its rule and where it is."""
    found = Axe().run(page, context=EMPTY).response["violations"]
    return [
        f"{fault['id']}: {fault['help']} at {node['target']}"
        for fault in found
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]


@pytest.fixture(scope="module", params=["light", "dark"])
def themed(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """One page for each theme, so that a browser loads the program twice and not for every address."""
    context = browser.new_context(base_url=server.address, color_scheme=request.param)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("address", PAGES)
def test_no_serious_fault(themed: Page, address: str) -> None:
    themed.goto(address)
    settled(themed)
    expect(themed.locator(PAGES[address]).first).to_be_visible()
    expect(themed.locator("[data-words]").first).to_be_attached()  # its terms are marked
    assert faults(themed) == []
