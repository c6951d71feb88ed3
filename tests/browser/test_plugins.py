"""A plugin's network, method and format in a real browser: looked up, trained, taken away; a broken one says its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kdcore import plugins
from tests.browser.conftest import FreshPage
from tests.browser.helpers import Server, button, serving, settled
from tests.kdcore.plugin_files import OF_THE_MANUAL

BROKEN = "The plugin broken.py was left out"
QUICK = "dataset=digits&count=100&epochs=2&batch_size=100"


@pytest.fixture
def page(browser: Browser, fresh_page: FreshPage, tmp_path: Path) -> Iterator[Page]:
    """A page of a server that has the manual's plugins, and one that cannot be imported."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    for name, text in {**OF_THE_MANUAL, "broken.py": "import not_there\n"}.items():
        (folder / name).write_text(text, encoding="utf-8")
    with serving(tmp_path / "runs", tmp_path / "data", **{plugins.SETTING: str(folder)}) as running:
        yield from _opened(running, fresh_page)


def _opened(server: Server, fresh_page: FreshPage) -> Iterator[Page]:
    with fresh_page(server) as opened:
        yield opened


def test_what_plugins_bring_is_looked_up_trained_and_taken_away(page: Page) -> None:
    page.goto("/reference?view=cards")
    expect(page.get_by_text(BROKEN)).to_be_visible()
    page.locator(".st-key-card-choice").get_by_text("Trusted teacher", exact=True).click()
    expect(page).to_have_url(re.compile("card=trusted-teacher"))
    expect(page.get_by_role("heading", name="Trusted teacher")).to_be_visible()
    expect(page.get_by_text("From the plugin trusted_teacher.py.")).to_be_visible()
    expect(page.locator(".katex-error")).to_have_count(0)

    page.goto(f"/train?{QUICK}&more=method")
    settled(page)
    for of, wanted, said in (
        ("Student", "patch-net", "student=patch-net"),
        ("Method", "Trusted teacher", "method=trusted-teacher"),
    ):
        picker = page.get_by_role("combobox", name=of, exact=True)
        picker.click()
        picker.fill(wanted)
        page.get_by_role("option", name=wanted).first.click()
        expect(page).to_have_url(re.compile(said))
        settled(page)
    expect(page.get_by_text(BROKEN)).to_be_visible()
    button(page, "train").click()
    expect(page).to_have_url(re.compile(r"[?&]run="))
    expect(page.locator(".st-key-controls")).to_contain_text("finished")
    expect(page.get_by_text(re.compile(r"\d+ of 360")).first).to_be_visible()

    page.get_by_role("button", name="Take it away").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Markdown", exact=True).click()
    table = download.value.path().read_text(encoding="utf-8")
    assert re.search(r"\| student \| \d+ of 360 \|", table)
