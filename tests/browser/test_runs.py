"""The history in a real browser: marks that others see, runs laid over each other, and what another browser cannot do."""

from __future__ import annotations

import asyncio
import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect
from websockets.asyncio.client import connect

from bench.simulated_browsers import Tab
from kdcore.events import Phase, Validation
from kdcore.experiment import Experiment
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from kdcore.system.processes import Process
from tests.browser.conftest import NewContext
from tests.browser.helpers import Server, button, epoch, settled, start, trained
from tests.kdcore.runs.helping import until

ME = Process.me()


@pytest.fixture
def store(server: Server) -> Iterator[Store]:
    opened = Store(server.runs)
    yield opened
    opened.close()


def person(new_context: NewContext, server: Server) -> tuple[Page, str]:
    """A browser of its own, and the id in its cookie."""
    context, own = new_context(), secrets.token_hex(16)
    context.add_cookies([{"name": server.cookie, "value": own, "url": server.address}])
    return context.new_page(), own


def finished(store: Store, owner: str, title: str, errors: int, **flat: object) -> Run:
    run = store.create(Experiment().with_flat(**flat), owner, title=title, status="running")
    said = [Validation(n, float(n), who, 60 - n, 400, 0.1) for n in range(9) for who in ("twin", "student")]
    store.record(run.id, [Phase("students"), *said], worker=ME)
    tested = {"test_images": 400, "test_accuracy": 1 - errors / 400}
    store.finish(run.id, "finished", {"student": {"test_errors": errors, **tested}, "twin": {"test_errors": 30, **tested}})  # fmt: skip
    return store.run(run.id)


def row(page: Page, run: Run) -> Locator:
    return page.locator(f"[data-run='{run.id}']")


def test_what_is_marked_and_deleted_is_so_for_everyone_and_runs_are_compared(
    new_context: NewContext, server: Server, store: Store
) -> None:
    page, own = person(new_context, server)
    word = secrets.token_hex(4)
    first = finished(store, own, f"first {word}", 20, temperature=2.0)
    second = finished(store, own, f"second {word}", 14, temperature=8.0)
    page.goto("/runs")
    settled(page)
    search = page.get_by_role("textbox", name="Search", exact=True)
    search.fill(word)
    search.press("Enter")
    expect(page).to_have_url(re.compile(f"words={word}"))
    expect(page.locator("[data-run]")).to_have_count(2)
    third = finished(store, own, f"third {word}", 30)
    expect(page.locator("[data-run]")).to_have_count(3)  # by itself, though nobody saw it train
    store.delete(third.id)
    expect(page.locator("[data-run]")).to_have_count(2)

    page.set_viewport_size({"width": 390, "height": 844})
    tags_of_first = page.get_by_role("textbox", name=f"Tags of first {word}")
    expect(page.locator("th.name").filter(has=tags_of_first)).to_have_count(1)
    expect(tags_of_first).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(page.locator("td.marks").filter(has=tags_of_first)).to_have_count(1)

    page.get_by_role("button", name=f"Star first {word}").click()
    expect(page.get_by_role("button", name=f"Take the star from first {word}")).to_be_visible()
    note = page.get_by_role("textbox", name=f"Note on second {word}")
    note.fill("for the lecture")
    note.press("Enter")
    tags = page.get_by_role("textbox", name=f"Tags of second {word}")
    tags.fill("good, week 2")
    tags.press("Enter")
    expect(page.get_by_role("combobox", name="Tag")).to_be_visible()
    until(lambda: store.run(second.id).tags)  # tags of other tests' runs show the box, too
    page.reload()
    settled(page)
    expect(page.get_by_role("textbox", name=f"Tags of second {word}")).to_have_value("good, week 2")
    expect(page.get_by_role("textbox", name=f"Note on second {word}")).to_have_value("for the lecture")

    # Two in one moment: the tags are refused where they stand, and the note is there.
    row(page, first).evaluate(
        """row => [['.tags', 'z'.repeat(300)], ['.note', 'too long']].forEach(([what, text]) => {
            const field = row.querySelector('input' + what);
            field.value = text;
            field.dispatchEvent(new Event('change'));
        })"""
    )
    expect(row(page, first).get_by_role("alert")).to_contain_text("up to 40 characters")
    expect(page.get_by_role("textbox", name=f"Note on first {word}")).to_have_value("too long")
    tags = page.get_by_role("textbox", name=f"Tags of first {word}")
    expect(tags).to_have_value("z" * 300)
    tags.fill("short")
    tags.press("Enter")
    expect(row(page, first).get_by_role("alert")).to_have_count(0)
    expect(tags).to_have_value("short")

    page.get_by_role("button", name="student", exact=False).first.click()
    expect(page).to_have_url(re.compile("order=student"))
    for run in (first, second):
        page.get_by_role("checkbox", name=f"Choose {run.title}").check()
    expect(page).to_have_url(re.compile(f"chosen={first.id}(,|%2C){second.id}"))
    names = page.locator(".st-key-overlay svg.marks")
    for name in ("A · T = 2", "B · T = 8"):
        expect(names.get_by_text(name, exact=True)).to_be_visible()
    expect(page.locator(".st-key-results table")).to_contain_text("14 (−6)")

    other, _ = person(new_context, server)
    other.goto(page.url)
    settled(other)
    expect(row(other, second)).to_contain_text("for the lecture")
    expect(other.locator(".st-key-results table")).to_contain_text("14 (−6)")

    button(page, "delete").click()
    expect(page.locator("[data-run]")).to_have_count(0)
    other.reload()
    settled(other)
    expect(other.locator("[data-run]")).to_have_count(0)
    button(page, "undo_delete").click()
    expect(page.locator("[data-run]")).to_have_count(2)
    expect(page.locator(".st-key-results table")).to_contain_text("14 (−6)")
    page.get_by_role("link", name=f"first {word}").click()
    expect(page).to_have_url(re.compile(f"/train.*run={first.id}"))


def test_another_browser_watches_and_can_neither_stop_nor_change_nor_delete(
    new_context: NewContext, server: Server, store: Store
) -> None:
    page, own = person(new_context, server)
    start(page)
    trained(page)
    run = store.runs(owner=own)[0]
    other, their = person(new_context, server)
    mine_too = finished(store, their, "theirs", 20)
    before = store.run(run.id)

    # The page: it shows the run, and every way to touch it is shut.
    other.goto(f"/runs?chosen={run.id}")
    settled(other)
    expect(button(other, "delete")).to_be_disabled()
    star = row(other, run).get_by_role("button")
    expect(star).to_be_disabled()
    expect(row(other, run).get_by_role("textbox")).to_have_count(0)

    # A component's message: the button is made to work, and its message is refused.
    star.evaluate("node => { node.disabled = false; node.click(); }")
    expect(other.get_by_test_id("stAlert")).to_contain_text("belongs to another browser")

    # A permalink: what it says of settings stays in the reader's own recipe.
    for link in (
        f"/train?run={run.id}&T=50&epochs=1&status=stopped",
        f"/runs?chosen={run.id}&delete=1&deleted={run.id}&starred=1&tags=x",
    ):
        other.goto(link)
        settled(other)
    other.goto(f"/train?run={run.id}")
    settled(other)
    trained(other)
    expect(button(other, "run-stop")).to_be_disabled()

    # The protocol beneath the page, with this browser's cookie, without any, and with the shell's name in it.
    both = urlencode({"chosen": f"{run.id},{mine_too.id}"})
    for cookie in (their, "", "shell", before.owner):
        _press(server, cookie, "train", urlencode({"run": run.id}), "run.stop", "run.pause", "run.step_epoch")
        _press(server, cookie, "runs", both, "delete")

    # HTTP.
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("runs", f"runs/{run.id}", f"train?run={run.id}", f"_stcore/stream?run={run.id}"):
            _request(server, method, path, their)

    now = store.run(run.id)
    assert (now.status, now.starred, now.tags, now.note) == ("running", False, (), "")
    assert not [event for event in store.events(run.id) if event.kind == "HotChange"]
    seen = epoch(page)
    trained(page, seen + 1)
    _press(server, own, "train", urlencode({"run": run.id}), "run.stop")  # the owner's press is heeded
    expect(page.locator(".st-key-controls")).to_contain_text("stopped after")


def _press(server: Server, cookie: str, name: str, query: str, *keys: str) -> None:
    """Say to the server, as a browser with that cookie, that buttons of a page were pressed, shut or not."""

    async def press() -> None:
        address = server.address.replace("http://localhost", "ws://127.0.0.1")
        headers = {"Cookie": f"{server.cookie}={cookie}"}
        async with connect(
            f"{address}/_stcore/stream", additional_headers=headers, max_size=None, proxy=None
        ) as socket:
            tab = Tab(socket, query, name)
            await tab.open()
            assert set(keys) <= set(tab.widgets), "the buttons are there"
            for key in keys:
                await tab.press(key)
            tab.close()

    with ThreadPoolExecutor(1) as thread:  # this one has the event loop of the browser's driver
        thread.submit(asyncio.run, press()).result()


def _request(server: Server, method: str, path: str, cookie: str) -> None:
    """Ask the server in that way; that it refuses is well."""
    headers = {"Cookie": f"{server.cookie}={cookie}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.address}/{path}", b"{}", headers, method=method)
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except urllib.error.HTTPError as refused:
        refused.close()


@pytest.mark.parametrize(
    ("size", "scheme"), [((1920, 1080), "light"), ((390, 844), "dark")], ids=["projector", "phone"]
)
def test_nothing_sticks_out_sideways(
    new_context: NewContext, server: Server, store: Store, size: tuple[int, int], scheme: str
) -> None:
    runs = [finished(store, "somebody", "", 20, temperature=t) for t in (2.0, 4.0)]
    page = new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme).new_page()
    page.goto(f"/runs?chosen={','.join(run.id for run in runs)}")
    settled(page)
    expect(page.locator(".st-key-settings table")).to_be_visible()
    expect(page.locator("[data-testid='stException']")).to_have_count(0)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 0
