"""What Train does and does not begin, in a real browser: a refused value, a second press, the queue."""

from __future__ import annotations

import re
from contextlib import closing, suppress

from playwright.sync_api import Page, expect

from kdcore.runs.run_record import digest
from kdcore.runs.store import Store
from tests.browser.helpers import LONG, Server, browser_id, button, settled, start, trained


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
    offer, queue = page.locator(".st-key-equal_run"), page.locator(".st-key-queue, .st-key-queue_next")
    for _ in range(10):  # a press on a page that is being drawn may be lost; none of these starts anything
        button(page, "train").click()
        with suppress(AssertionError):
            expect(offer).to_be_visible(timeout=3_000)
            break
    expect(offer).to_contain_text("This very recipe")
    button(page, "another_seed").click()
    expect(queue).to_contain_text(re.compile("of yours wait"))
    expect(offer).to_have_count(0)
    page.locator(".st-key-cancel_waiting button:visible").click()
    expect(queue).to_have_count(0)
    with closing(Store(server.runs)) as store:
        mine = store.runs(owner=browser_id(page))
        assert len(mine) == 2
        assert mine[0].experiment.init_seed == 1
        assert mine[0].status == "stopped"
        with store.reading() as db:
            seen = [row["owner"] for row in db.execute("SELECT owner FROM presence")]
        assert digest(browser_id(page)) in seen, "the queue knows that this browser is there"


WATCH_WHAT_COMES = """() => {
    window.tops = new Set(), window.beginnings = new Set();
    const watched = new Set();
    // A queue is looked at in the moment in which it comes: before a busy browser's next frame its delay may have passed.
    new MutationObserver(() => {
        const queue = document.querySelector('.st-key-queue_next');
        if (queue && !watched.has(queue)) window.beginnings.add(`${getComputedStyle(queue).visibility} for ${getComputedStyle(queue).animationDelay}`);
        watched.add(queue);
    }).observe(document.body, { childList: true, subtree: true, attributeFilter: ['class'] });
    const look = () => {
        const places = ['.st-key-train button', '.st-key-below'].map(one => document.querySelector(one)?.getBoundingClientRect().top);
        if (!places.includes(undefined)) window.tops.add(places.map(Math.round).join());
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
HIDDEN_FIRST = "hidden for 1.5s"
"""How the queue of one's own next run begins; a clock of the test's own would tell how busy the browser is."""


def test_a_run_that_waits_for_a_moment_is_no_queue_and_nothing_jumps(page: Page, server: Server) -> None:
    page.goto("/train")
    settled(page)
    page.evaluate(WATCH_WHAT_COMES)
    button(page, "train").click()
    expect(page).to_have_url(re.compile(r"[?&]run="))
    expect(page.locator(".st-key-controls")).not_to_contain_text("waiting")
    tops, beginnings = page.evaluate("[[...window.tops], [...window.beginnings]]")
    assert len(tops) == 1, f"Train and what is below it moved: {tops}"
    assert set(beginnings) <= {HIDDEN_FIRST}


def test_a_run_that_goes_on_waiting_is_shown_in_the_queue(page: Page, server: Server) -> None:
    """The one that trains keeps the browser's slot; nobody is before the second."""
    start(page)
    trained(page)
    page.goto(f"{LONG}&init_seed=5")
    settled(page)
    page.evaluate(WATCH_WHAT_COMES)
    button(page, "train").click()
    expect(page.locator(".st-key-queue_next")).to_contain_text("1 run of yours waits")
    expect(page.locator(".st-key-queue_next")).to_be_visible()
    assert page.evaluate("[...window.beginnings]") == [HIDDEN_FIRST]
