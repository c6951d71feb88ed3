"""What Train does and does not begin, in a real browser: a refused value, a second press, the queue."""

from __future__ import annotations

import re
from contextlib import closing, suppress

from playwright.sync_api import Page, expect

from kdcore.runs.run_record import digest
from kdcore.runs.store import Store
from tests.browser.helpers import LONG, Server, browser_id, button, settled

expect.set_options(timeout=20_000)  # a busy machine


def test_train_waits_for_a_value_that_was_refused(page: Page) -> None:
    page.goto("/train?more=budget")
    settled(page)
    epochs = page.get_by_role("spinbutton", name="Epochs")
    epochs.fill("3000")
    epochs.press("Enter")
    expect(page.locator(".st-key-messages")).to_contain_text(
        "Train waits until this is mended. Epochs = 3000: it takes a whole number, 1 to 2000."
    )
    expect(button(page, "train")).to_be_disabled()
    expect(epochs).to_have_value("3000")
    epochs.fill("12")
    epochs.press("Enter")
    expect(button(page, "train")).to_be_enabled()
    expect(page).to_have_url(re.compile("epochs=12"))


def test_ten_presses_make_no_ten_runs_and_the_queue_is_emptied_at_once(page: Page, server: Server) -> None:
    page.goto(LONG)
    settled(page)
    button(page, "train").click()
    expect(page).to_have_url(re.compile(r"[?&]run="))
    settled(page)
    offer = page.locator(".st-key-equal_run")
    for _ in range(10):  # a press on a page that is being drawn may be lost; none of these starts anything
        button(page, "train").click()
        with suppress(AssertionError):
            expect(offer).to_be_visible(timeout=3_000)
            break
    expect(offer).to_contain_text("This very recipe")
    button(page, "another_seed").click()
    expect(page.locator(".st-key-queue")).to_contain_text(re.compile("of yours wait"))
    expect(offer).to_have_count(0)
    page.locator(".st-key-cancel_waiting button:visible").click()
    expect(page.locator(".st-key-queue")).to_have_count(0)
    with closing(Store(server.runs)) as store:
        mine = store.runs(owner=browser_id(page))
        assert len(mine) == 2
        assert mine[0].experiment.init_seed == 1
        assert mine[0].status == "stopped"
        with store.reading() as db:
            seen = [row["owner"] for row in db.execute("SELECT owner FROM presence")]
        assert digest(browser_id(page)) in seen, "the queue knows that this browser is there"
