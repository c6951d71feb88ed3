"""The comparing page as a user meets it: a cell is clicked, everything follows, and the link shows it to a second browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, Locator, Page, expect

from kdcore.runs.run_record import Run
from tests.browser.conftest import FreshPage
from tests.browser.helpers import Server, settled
from tests.browser.test_accessible import faults

CLICK_TRIES = 5


@pytest.fixture
def opened(laboratory: Server, fresh_page: FreshPage, tested_run: tuple[Run, Path, Path]) -> Iterator[Page]:
    """The page on its confusion matrices."""
    with fresh_page(laboratory) as page:
        page.goto(f"/dark-knowledge?run={tested_run[0].id}&view=confusions")
        settled(page)
        expect(cells(page, "confusions_1")).to_have_count(100)
        yield page


def cells(page: Page, figure: str) -> Locator:
    """A matrix's cells, row by row, without the frame of the selected one."""
    return page.locator(
        f".st-key-{figure} svg.marks path[aria-roledescription='rect mark'][aria-label*='label: ']"
    )


def cell(page: Page, figure: str, label: int, answer: int) -> Locator:
    return page.locator(
        f".st-key-{figure} svg.marks path[aria-roledescription='rect mark'][aria-label*='label: {label};']"
        f"[aria-label^='answer: {answer};']"
    ).first


def step(page: Page, title: str) -> Locator:
    """The step of the path through the views."""
    return page.locator(".st-key-path label").filter(has_text=title)


def click(page: Page, figure: str, label: int, answer: int) -> None:
    """Click a cell as soon as it stands there: a figure that is drawn anew has none for a moment, even between look and click.

    The page's script has ended by then: a chart that it is about to replace keeps a click to itself.
    """
    settled(page)
    for _ in range(CLICK_TRIES):
        expect(cell(page, figure, label, answer)).to_be_visible()
        with suppress(Error):
            return cell(page, figure, label, answer).click(force=True, timeout=5_000)
    raise AssertionError(f"the cell {label}-{answer} of {figure} never stood still")


def framed(page: Page, figure: str) -> Locator:
    """What frames the selected cell, or rings a selected point."""
    return page.locator(f".st-key-{figure} svg.marks path[stroke='#D6006C']")


def test_a_clicked_cell_drives_images_bars_map_and_the_link(
    opened: Page, fresh_page: FreshPage, laboratory: Server
) -> None:
    click(opened, "confusions_1", 8, 1)
    expect(opened).to_have_url(re.compile(r"cell=8-1"))
    side = opened.locator(".st-key-selection")
    expect(side).to_contain_text("8 answered as 1")
    expect(side.locator(".image_grid img").first).to_be_visible()
    expect(side.locator(".st-key-selected_beliefs svg.marks")).to_be_visible()
    for figure in ("confusions_0", "confusions_2", "difference_1_0"):
        expect(framed(opened, figure)).to_have_count(1)
    step(opened, "Map").click()
    expect(framed(opened, "feature_map").first).to_be_visible()
    expect(opened).to_have_url(re.compile(r"cell=8-1"))
    with fresh_page(laboratory) as second:
        second.goto(opened.url)
        settled(second)
        expect(second.locator(".st-key-selection")).to_contain_text("8 answered as 1")
        expect(framed(second, "feature_map").first).to_be_visible()
        rings = [framed(page, "feature_map").count() for page in (opened, second)]
        assert rings[0] == rings[1]


def test_clicks_in_two_matrices_and_the_button_never_disagree(opened: Page) -> None:
    """A chart is silent about a click on what it has picked already: each of these clicks must count all the same."""
    for figure, label, answer in (("confusions_1", 8, 1), ("confusions_2", 4, 9), ("confusions_1", 8, 1)):
        click(opened, figure, label, answer)
        expect(opened).to_have_url(re.compile(rf"cell={label}-{answer}"))
    opened.get_by_role("button", name="Clear", exact=True).click()
    expect(opened).not_to_have_url(re.compile("cell="))
    click(opened, "confusions_1", 8, 1)
    expect(opened).to_have_url(re.compile("cell=8-1"))
    expect(framed(opened, "confusions_1")).to_have_count(1)
    click(opened, "confusions_1", 8, 1)
    expect(opened).not_to_have_url(re.compile("cell="))


def test_the_keyboard_chooses_a_cell_and_a_screen_reader_is_told(opened: Page) -> None:
    for name, typed in (("Label", "8"), ("Answer", "1")):
        box = opened.get_by_role("combobox", name=name)
        box.focus()
        box.press("ArrowDown")
        opened.keyboard.type(typed)
        opened.keyboard.press("Enter")
        expect(opened).to_have_url(re.compile(rf"cell=8-{'8' if name == 'Label' else '1'}"))
    expect(framed(opened, "confusions_0")).to_have_count(1)
    expect(opened.get_by_role("status").filter(has_text="8 answered as 1. Of")).to_be_attached()


def test_on_a_phone_the_images_come_below_the_matrix_that_was_clicked(opened: Page) -> None:
    opened.set_viewport_size({"width": 390, "height": 844})
    for clicked, after in (("confusions_1", "confusions_2"), ("confusions_0", "confusions_1")):
        click(opened, clicked, 8, 1)
        images = opened.locator(".st-key-selection .image_grid")
        expect(images).to_be_visible()
        expect(framed(opened, clicked)).to_have_count(1)
        in_order = [opened.locator(f".st-key-{clicked}"), images, opened.locator(f".st-key-{after}")]
        places = [at.bounding_box() for at in in_order]
        tops = [box["y"] for box in places if box]
        assert tops == sorted(tops)
        assert len(tops) == 3
        opened.get_by_role("button", name="Clear", exact=True).click()
        expect(images).to_have_count(0)


def test_hovering_the_map_shows_the_image(opened: Page) -> None:
    step(opened, "Map").click()
    points = opened.locator(".st-key-feature_map svg.marks path[aria-roledescription='circle']")
    expect(points.first).to_be_attached()
    points.nth(40).hover(force=True)
    image = opened.locator("#vg-tooltip-element img")
    expect(image).to_have_attribute("src", re.compile("^data:image/png;base64,"))


def test_a_figure_is_taken_away_as_png_svg_and_csv(opened: Page, tmp_path: Path) -> None:
    row = opened.locator(".st-key-confusions_1_take_away")
    saved = {}
    for kind in ("PNG", "SVG", "CSV"):
        with opened.expect_download() as download:
            row.get_by_role("button", name=kind).click()
        saved[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[kind])
    with Image.open(saved["PNG"]) as picture:
        assert picture.width >= 400
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 10, "something is drawn"
    assert saved["SVG"].read_text().startswith("<svg")
    rows = saved["CSV"].read_text("utf-8-sig").splitlines()
    assert rows[0] == "label,answer,row,column,value"
    assert len(rows) == 101


def test_all_of_a_step_is_pressed_its_sentence_too(opened: Page) -> None:
    card = opened.locator(".st-key-path [role='radiogroup'] > *").filter(has_text="Calibration")
    card.locator("[data-testid='stRadioCaption']").scroll_into_view_if_needed()
    box = card.bounding_box()
    assert box
    opened.mouse.click(box["x"] + box["width"] - 6, box["y"] + box["height"] - 6)
    expect(opened).to_have_url(re.compile("view=calibration"))
    expect(card.locator("input")).to_be_checked()


def test_on_a_phone_the_chosen_step_is_in_sight_and_the_page_stays_at_its_top(
    opened: Page, tested_run: tuple[Run, Path, Path]
) -> None:
    opened.set_viewport_size({"width": 390, "height": 844})
    opened.goto(f"/dark-knowledge?run={tested_run[0].id}&view=costs")
    settled(opened)
    opened.wait_for_function(
        """() => {
          const row = document.querySelector('.st-key-path [role="radiogroup"]');
          const [whole, card] = [row, row.querySelector(':scope > :has(input:checked)')].map(one => one.getBoundingClientRect());
          return row.scrollLeft > 0 && card.left >= whole.left - 1 && card.right <= whole.right + 1;
        }"""
    )
    assert opened.locator("[data-testid='stMain']").evaluate("it => it.scrollTop") == 0


def test_on_a_projector_what_is_read_closely_is_larger(opened: Page) -> None:
    sizes = []
    for width in (1280, 1920):
        opened.set_viewport_size({"width": width, "height": 1080})
        sizes.append(
            [
                opened.locator(where).first.evaluate("it => parseFloat(getComputedStyle(it).fontSize)")
                for where in (
                    ".st-key-confusions_0 svg.marks .mark-text text",
                    ".st-key-view [data-testid='stCaptionContainer'] p",
                )
            ]
        )
    assert all(small < 16 <= large for small, large in zip(*sizes, strict=True))


def test_a_table_that_goes_on_sideways_is_shaded_and_scrolled_by_keyboard(opened: Page) -> None:
    opened.set_viewport_size({"width": 390, "height": 844})
    step(opened, "Fidelity").click()
    table = opened.locator(".scroll").first
    expect(table).to_be_visible()
    assert table.evaluate("it => it.scrollWidth > it.clientWidth")
    assert "linear-gradient" in table.evaluate("it => getComputedStyle(it).backgroundImage")
    table.focus()
    opened.keyboard.press("ArrowRight")
    opened.wait_for_function("document.querySelector('.scroll').scrollLeft > 0")
    assert faults(opened) == []


@pytest.fixture(scope="module", params=["light", pytest.param("dark", marks=pytest.mark.proof)])
def themed(laboratory: Server, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """One page for each theme, so that a browser loads the program twice and not for every view."""
    context = browser.new_context(base_url=laboratory.address, color_scheme=request.param)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    "view", ["similarity", "confusions", "fidelity", "calibration", "coverage", "classes", "map", "costs"]
)
def test_no_serious_fault(themed: Page, tested_run: tuple[Run, Path, Path], view: str) -> None:
    themed.goto(f"/dark-knowledge?run={tested_run[0].id}&view={view}&cell=8-1")
    expect(themed.locator(".st-key-selected_beliefs svg.marks")).to_be_visible()
    settled(themed)
    assert faults(themed) == []
