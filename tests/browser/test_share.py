"""Handing on a link from the server's own machine, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.helpers import Server, serving, settled

SHOW = "Show the link as a QR code"


def test_a_server_for_this_machine_only_says_so(page: Page, server: Server) -> None:
    page.goto("/train?epochs=7")
    settled(page)
    page.get_by_role("button", name=SHOW).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_alt_text("QR code of the address below")).to_be_visible()
    expect(dialog).to_contain_text(f"{server.address}/train?epochs=7")
    expect(dialog).to_contain_text("Only this machine can open this address")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_from_localhost_others_get_an_address_that_they_can_reach(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = "http://192.168.1.7:8600"
    monkeypatch.setenv("STILLROOM_ADDRESSES", origin)
    with serving(tmp_path / "runs", tmp_path) as opened:
        context = browser.new_context(
            base_url=opened.address, permissions=["clipboard-read", "clipboard-write"]
        )
        page = context.new_page()
        page.goto("/train?epochs=7")
        settled(page)
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == f"{origin}/train?epochs=7"
        page.get_by_role("button", name=SHOW).click()
        expect(page.get_by_role("dialog")).to_contain_text(f"{origin}/train?epochs=7")
        expect(page.get_by_role("dialog")).not_to_contain_text("Only this machine")
        context.close()
