"""axe-core finds no serious fault on any page, in either theme."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.helpers import settled

EMPTY = {"exclude": [["svg g:empty"]]}
"""Where a chart's layer has no mark yet, Vega leaves a group without a name: nothing is drawn there and nothing to be named."""
SERIOUS = {"serious", "critical"}
PAGES = {
    "/": ".soft[data-redraws]",
    "/?show=digits": ".soft[data-redraws]",
    "/train": "text=MACs",
    "/reference": "text=Use it on the Train page",
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES)
def test_no_serious_fault(new_context: NewContext, address: str, scheme: str) -> None:
    page = new_context(color_scheme=scheme).new_page()
    page.goto(address)
    settled(page)
    expect(page.locator(PAGES[address]).first).to_be_visible(timeout=60_000)
    assert faults(page) == []
