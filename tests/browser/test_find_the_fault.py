"""Find the fault in Chromium: a riddle beside its sound run, named with the keyboard; its answer is nowhere before that."""

from __future__ import annotations

from contextlib import closing

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from kdcore.faults.registry import faults
from kdcore.faults.riddles import riddle
from kdcore.faults.source import difference
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from tests.browser.helpers import Server, button, settled
from tests.browser.test_accessible import SERIOUS

OWN = {"include": [[".st-key-riddle"], [".st-key-fault_badge"]], "exclude": [["svg g:empty"]]}
"""What this test is about: the rest of the page has tests of its own."""


def trained(server: Server) -> str:
    """A riddle and its sound run, trained here; returns the riddle's id."""
    ids = []
    few = riddle(7).with_flat(epochs=4, threads=1)
    with closing(Store(server.runs)) as store:
        for experiment in (few, few.with_flat(fault="")):
            run = store.create(experiment, "a lecturer", status="running")
            assert train_run(store, run.id, data_folder=server.runs).status == "finished"
            ids.append(run.id)
    return ids[0]


def test_a_learner_finds_out_what_a_riddle_hides(page: Page, server: Server) -> None:
    page.goto(f"/train?run={trained(server)}")
    badge = page.locator(".fault-mark")
    expect(badge).to_have_text("riddle 7: a fault on purpose, or none")
    part = page.locator(".st-key-riddle")
    expect(part.get_by_text("gradient from the labels")).to_be_visible()
    settled(page)
    source = page.content()
    for fault in faults().values():
        assert fault.CARD.name not in source
        assert difference(fault).splitlines()[-1] not in source
    found = Axe().run(page, context=OWN).response["violations"]
    assert [one["id"] for one in found if one["impact"] in SERIOUS] == []

    chosen = part.get_by_label("Which mistake is it?")
    chosen.focus()
    page.keyboard.type("Softmax before")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    settled(page)
    part.get_by_label("Why? What have you seen?").fill("The loss stays above 1.46.")
    page.keyboard.press("Tab")
    settled(page)
    button(page, "name_it").press("Enter")
    expect(
        part.get_by_text("You named: Softmax before cross-entropy. The loss stays above 1.46.")
    ).to_be_visible()
    expect(chosen).to_have_count(0)
    assert "softmax" not in page.url
    page.reload()  # what was named is this session's alone: a link that is handed on tells nobody
    expect(part.get_by_label("Which mistake is it?")).to_be_visible()
