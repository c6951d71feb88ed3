"""Pictures of one's own on the page: a zip is looked at, trained on, deleted and brought back; a bad one gets its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import FreshPage
from tests.browser.helpers import Server, button, end_runs, serving, settled, start, trained
from tests.kdcore.data.test_picture_archive import BAD
from tests.kdcore.data.zips import pets, png, zipped

QUICK = "/train?teacher=mlp-30&count=100&epochs=2&teacher_epochs=1&student=mlp-10"


@pytest.fixture(scope="module")
def own_server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A dashboard with a data folder of its own: what is uploaded shows in every picker."""
    folder = tmp_path_factory.mktemp("uploads")
    with serving(folder / "runs", folder / "data", STILLROOM_UPLOADS="2", STILLROOM_UNPACKED="4") as running:
        yield running


@pytest.fixture
def page(fresh_page: FreshPage, own_server: Server) -> Iterator[Page]:
    with fresh_page(own_server) as opened:
        yield opened


def opened(page: Page, address: str = QUICK) -> Locator:
    """The dialog, opened from Train."""
    page.goto(address)
    settled(page)
    button(page, "own_pictures").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("input[type=file]")).to_be_attached()
    return dialog


def hand_in(dialog: Locator, content: bytes, name: str = "my pets.zip") -> None:
    chosen = {"name": name, "mimeType": "application/zip", "buffer": content}
    dialog.locator("input[type=file]").set_input_files(chosen)


def test_a_zip_of_300_pictures_is_looked_at_trained_on_deleted_and_brought_back(page: Page) -> None:
    dialog = opened(page)
    torn = {"pets/cat/torn.jpg": png()[:30], "pets/notes.txt": b"mine"}
    hand_in(dialog, zipped(pets(150, "pets/") | torn))
    expect(dialog).to_contain_text("300 pictures in 2 classes")
    expect(dialog).to_contain_text(
        "It has no split: 60 of 300 pictures, of each class by its share, are kept for the test."
    )
    expect(dialog).to_contain_text("Each is 16 × 16 pixels.")
    expect(dialog).to_contain_text("Left out: 1 .txt.")
    expect(dialog).to_contain_text("1 picture cannot be read and is left out")
    expect(dialog.locator(".image_grid img")).to_have_count(12)
    expect(dialog.locator(".figures tbody tr")).to_have_text(
        [re.compile("cat.*120.*30"), re.compile("dog.*120.*30")]
    )
    settled(page)  # what is typed while a script still draws may be lost
    dialog.get_by_label("Name").fill("Our pets")
    dialog.get_by_label("Name").press("Enter")
    button(page, "pictures_use").click()
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(re.compile(r"dataset=our-pets-[0-9a-f]{10}.*image_size=16"))
    expect(page.get_by_role("combobox", name="Dataset")).to_have_value("Our pets · 216 images")

    button(page, "train").click()
    expect(page).to_have_url(re.compile(r"[?&]run="))
    expect(page.locator(".st-key-controls")).to_contain_text("finished")
    expect(page.get_by_text(re.compile(r"\d+ of 60")).first).to_be_visible()

    button(page, "own_pictures").click()
    button(page, "pictures_delete_0").click()
    expect(dialog).to_contain_text("Our pets is deleted, and goes for good after seven days.")
    button(page, "pictures_undo_0").click()
    expect(button(page, "pictures_delete_0")).to_be_visible()
    page.reload()
    settled(page)
    expect(page.get_by_role("combobox", name="Dataset")).to_have_value("Our pets · 216 images")


def test_the_dialog_stays_as_it_is_while_the_page_behind_it_has_news(page: Page, own_server: Server) -> None:
    start(page)
    trained(page, 0.1)
    button(page, "own_pictures").click()
    dialog = page.get_by_role("dialog")
    dialog.evaluate("dialog => dialog.isTheFirst = true")
    end_runs(own_server)
    expect(page.locator(".st-key-controls")).to_contain_text("stopped")
    hand_in(dialog, zipped(pets(6)))
    expect(dialog).to_contain_text("12 pictures in 2 classes")
    assert dialog.evaluate("dialog => dialog.isTheFirst"), "what was being typed in it would be lost"
    expect(button(page, "run-pause")).to_have_count(1)
    dialog.get_by_role("button", name="Close").click()
    expect(button(page, "run-pause")).to_have_count(0)


SHOWN = ("no zip", "climbs", "absolute", "link", "bomb", "archive in it", "encrypted", "too many bytes unpacked", "too many pixels", "one class")  # fmt: skip


def test_ten_bad_archives_each_get_their_sentence_and_leave_nothing(page: Page, own_server: Server) -> None:
    dialog = opened(page)
    for why in SHOWN:
        content, sentence = BAD[why]
        hand_in(dialog, content)
        expect(dialog.get_by_role("alert")).to_contain_text(sentence)
    data = own_server.runs.parent / "data"
    assert not [*(data / ".uploaded" / ".offered").glob("*/*")]


def chosen_for(dialog: Locator, place: int, name: str, files: dict[str, bytes]) -> None:
    """Name a class, choose its pictures, and wait until the page has them: who looks at them sooner looks at fewer."""
    dialog.get_by_label(f"Name of class {place}").fill(name)
    dialog.get_by_label(f"Name of class {place}").press("Enter")
    card = dialog.locator("[class*=st-key-pictures_class_]").filter(
        has=dialog.page.get_by_label(f"Name of class {place}")
    )
    uploaded = card.get_by_role("button", name=re.compile(r"^Remove .*\.png$"))
    before = uploaded.count()
    card.locator("input[type=file]").set_input_files(
        [
            {"name": path.rpartition("/")[2], "mimeType": "image/png", "buffer": content}
            for path, content in files.items()
        ]
    )
    expect(uploaded).to_have_count(before + len(files))
    settled(dialog.page)


def test_single_pictures_are_sorted_on_the_page_in_several_goes_and_become_a_dataset(page: Page) -> None:
    dialog = opened(page)
    dialog.get_by_role("radio", name="single pictures").click()
    files = pets(6)
    cats = {path: content for path, content in files.items() if "cat" in path}
    dogs = {path: content for path, content in files.items() if "dog" in path}
    chosen_for(dialog, 1, "cat", cats)
    expect(button(page, "pictures_look")).to_be_disabled()
    chosen_for(dialog, 2, "cat", dict([*dogs.items()][:4]))
    button(page, "pictures_look").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Two classes are called 'cat'")
    chosen_for(dialog, 2, "dog", dict([*dogs.items()][3:]))
    button(page, "pictures_look").click()
    expect(dialog).to_contain_text("12 pictures in 2 classes")
    expect(dialog).to_contain_text("Left out: 1 chosen twice.")
    expect(dialog.locator(".image_grid img")).to_have_count(10)
    button(page, "pictures_use").click()
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(re.compile(r"dataset=cat-dog-[0-9a-f]{10}.*image_size=16"))
