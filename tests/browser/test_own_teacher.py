"""A teacher of one's own on the page: a table of answers is tried, added and learned from."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.helpers import MINUTE


def answers(path: Path, shift: int = 0) -> Path:
    """A teacher of all 1,797 digits that gives the right class, or one in another order, nine tenths."""
    from kdcore.data import datasets

    dataset = datasets.load("digits")
    assert dataset.places is not None
    assert dataset.places.test is not None
    table = np.full((1797, 10), 0.1 / 9)
    for split, places in (
        (dataset.train, dataset.places.train),
        (dataset.validation, dataset.places.validation),
        (dataset.test, dataset.places.test),
    ):
        table[places.numpy(), (split.labels.numpy() + shift) % 10] = 0.9
    np.savetxt(path, table, delimiter=",")
    return path


def hand_in(page: Page, path: Path) -> None:
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(path)
    dialog.get_by_role("button", name="Ask it about three images").click()


def test_a_table_of_answers_teaches_from_the_page(new_context: NewContext, tmp_path: Path) -> None:
    page = new_context().new_page()
    page.goto("/train?dataset=digits&epochs=2&count=100")
    page.get_by_role("button", name="A teacher of your own").click(timeout=MINUTE)
    dialog = page.get_by_role("dialog")
    hand_in(page, answers(tmp_path / "people.csv"))
    expect(dialog.get_by_text("another class than the label for 0 of 360 images")).to_be_visible(
        timeout=MINUTE
    )
    expect(dialog.locator(".image_grid figure")).to_have_count(3)
    dialog.get_by_role("button", name="Add it").click()
    expect(dialog).to_be_hidden(timeout=MINUTE)
    expect(page).to_have_url(re.compile("teacher=people-[0-9a-f]{8}"))
    expect(page.get_by_text("recorded answers, looked up image by image")).to_be_visible()

    page.get_by_role("button", name="Train", exact=True).click()
    expect(page).to_have_url(re.compile("run="), timeout=MINUTE)
    expect(page.get_by_text("The teacher made 0 errors")).to_be_visible(timeout=MINUTE)
