"""The first screen as a user meets it: with no data folder and no run, dragged, typed at, drawn on and handed pictures."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from tests.browser.conftest import FreshPage
from tests.browser.helpers import Server, serving, settled, steady_box

STEPS = 60


@pytest.fixture(scope="module")
def bare(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A dashboard with an empty data folder and an empty runs folder."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "data").mkdir()
    with serving(folder / "runs", folder / "data") as running:
        yield running


@pytest.fixture
def first_screen(bare: Server, fresh_page: FreshPage) -> Iterator[Page]:
    with fresh_page(bare) as page:
        yield page


def opened(page: Page, address: str = "/") -> Locator:
    """The component, once it has drawn its first bars."""
    page.goto(address)
    settled(page)
    soft = page.locator(".soft")
    expect(soft).to_have_attribute("data-redraws", re.compile(r"\d+"))
    return soft


def box(at: Locator) -> FloatRect:
    """Where it stands in the window."""
    found = at.bounding_box()
    assert found is not None
    return found


def temperature(page: Page) -> Locator:
    return page.get_by_role("slider", name="Temperature")


def redraws(soft: Locator) -> int:
    return int(soft.get_attribute("data-redraws") or 0)


def said(soft: Locator) -> str:
    """The visible sentence made from the numbers."""
    return soft.locator(".sentence").inner_text()


def answer(soft: Locator) -> str:
    """The class that the network believes in most, by the table that a screen reader meets."""
    rows = [line.split("\t") for line in soft.locator("table").inner_text().splitlines()]
    shares = {row[0]: float(re.search(r"[\d.]+", row[-1])[0]) for row in rows if row[0].isdigit()}  # type: ignore[index]
    return max(shares, key=lambda name: shares[name])


def test_dragging_the_temperature_moves_the_bars_and_asks_the_server_nothing(first_screen: Page) -> None:
    page = first_screen
    messages: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _frame: messages.append("sent")))
    soft = opened(page)
    before, drawn = said(soft), redraws(soft)
    assert "7" in before
    box = steady_box(temperature(page))
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.46, middle)
    page.mouse.down()
    messages.clear()
    for step in range(STEPS):
        page.mouse.move(box["x"] + box["width"] * (0.46 + 0.4 * step / STEPS), middle)
        page.evaluate("() => new Promise(requestAnimationFrame)")
    assert messages == [], "a drag is the browser's own affair"
    assert redraws(soft) - drawn > 0.8 * STEPS
    assert said(soft) != before
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"[?&]T=\d"))
    assert messages, "on release the link follows"


def test_the_numbers_fit_the_screen_of_a_projector(first_screen: Page) -> None:
    soft = opened(first_screen)
    for part in (soft.locator("canvas"), temperature(first_screen), soft.locator(".sentence")):
        box = part.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720


def test_a_morph_changes_the_picture_and_the_label_jumps(first_screen: Page) -> None:
    soft = opened(first_screen)
    morph = first_screen.get_by_role("slider", name=re.compile("From 2 to 7"))
    morph.focus()
    morph.press("Home")
    expect(soft.locator(".sentence")).to_be_visible()
    start = said(soft)
    morph.press("End")
    expect(soft.locator(".sentence")).not_to_have_text(start)
    expect(first_screen).to_have_url(re.compile("at=40"))
    first_screen.reload()
    opened(first_screen, first_screen.url)
    expect(morph).to_have_value("40")


def test_the_keyboard_moves_the_temperature_and_the_link_carries_it(first_screen: Page) -> None:
    opened(first_screen)
    slider = temperature(first_screen)
    slider.focus()
    before = slider.get_attribute("aria-valuetext")
    slider.press("ArrowRight")
    expect(slider).not_to_have_attribute("aria-valuetext", before or "")
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("0.25"))
    expect(first_screen).to_have_url(re.compile(r"T=0\.25"))


def test_moving_one_thing_leaves_the_rest_of_the_link_alone(first_screen: Page) -> None:
    soft = opened(first_screen, "/?show=4-9&at=7&log=1")
    caption = soft.locator(".caption").inner_text()
    slider = temperature(first_screen)
    slider.focus()
    slider.press("End")
    expect(first_screen).to_have_url(re.compile(r"T=100"))
    settled(first_screen)
    assert {"show=4-9", "at=7", "log=1"} <= set(first_screen.url.partition("?")[2].split("&"))
    expect(soft.locator(".caption")).to_have_text(caption)


def test_other_pictures_begin_at_their_own_first_one(first_screen: Page) -> None:
    opened(first_screen, "/?at=3")
    first_screen.get_by_text("4 to 9", exact=True).click()
    expect(first_screen).not_to_have_url(re.compile("at="))
    slider = temperature(first_screen)
    slider.focus()
    slider.press("End")
    expect(first_screen).to_have_url(re.compile(r"T=100"))
    settled(first_screen)
    assert "at=" not in first_screen.url


def test_everything_on_the_screen_is_reached_by_tab(first_screen: Page) -> None:
    opened(first_screen)
    reached: set[str] = set()
    for _ in range(60):
        first_screen.keyboard.press("Tab")
        reached.add(
            first_screen.evaluate(
                """() => {
                  let at = document.activeElement;
                  while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
                  return at ? at.getAttribute('aria-label') || at.textContent.trim() || at.type : '';
                }"""
            )
        )
    words = " | ".join(reached)
    for wanted in ("Temperature", "From 2 to 7", "T = 1", "3 to 8", "Draw", "Copy link", "Train"):
        assert wanted in words, f"{wanted} is not reached by Tab: {words}"


def draw_a_seven(page: Page) -> Locator:
    """Draw it on the pad; the component that answers."""
    page.goto("/?show=pad")
    settled(page)
    pad = page.locator("canvas").first
    expect(pad).to_be_visible()
    box = steady_box(pad)
    seven = [(0.3, 0.25), (0.5, 0.24), (0.7, 0.25), (0.62, 0.45), (0.53, 0.65), (0.46, 0.82)]
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in seven]
    page.mouse.move(*points[0])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(x, y, steps=8)
    page.mouse.up()
    soft = page.locator(".soft")
    expect(soft).to_have_attribute("data-redraws", re.compile(r"\d+"))
    return soft


def test_a_drawn_digit_is_recognised(first_screen: Page) -> None:
    soft = draw_a_seven(first_screen)
    assert answer(soft) == "7"
    expect(soft.locator(".truth")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (390, 844)])
def test_what_is_said_of_a_drawing_is_seen_while_one_draws(
    first_screen: Page, width: int, height: int
) -> None:
    first_screen.set_viewport_size({"width": width, "height": height})
    soft = draw_a_seven(first_screen)
    pad, heat = box(first_screen.locator("canvas").first), box(soft.locator(".slider_row"))
    row = box(soft.locator(".column.teacher .row").nth(7))
    assert pad["y"] > 0, "nothing was scrolled"
    assert row["y"] + row["height"] <= heat["y"] <= height - heat["height"]
    if width > 1000:
        assert row["x"] > pad["x"] + pad["width"]
        assert row["y"] < pad["y"] + pad["height"]


def photo() -> bytes:
    """A dark 1 on bright, unevenly lit paper, larger than the networks' images."""
    shade = np.linspace(150, 240, 300)[None, :].repeat(400, axis=0)
    shade[60:340, 130:165] = 25
    buffer = io.BytesIO()
    Image.fromarray(shade.astype(np.uint8)).convert("RGB").save(buffer, format="JPEG")
    return buffer.getvalue()


def huge() -> bytes:
    """50 megapixels of one grey in a small file."""
    buffer = io.BytesIO()
    Image.new("L", (10_000, 5_000), 128).save(buffer, format="PNG", optimize=False)
    return buffer.getvalue()


def test_an_upload_of_a_photo_is_looked_at(first_screen: Page) -> None:
    first_screen.goto("/?show=uploaded")
    settled(first_screen)
    files = first_screen.locator("input[type=file]")
    files.set_input_files({"name": "one.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    soft = first_screen.locator(".soft")
    expect(soft).to_have_attribute("data-redraws", re.compile(r"\d+"))
    assert answer(soft) == "1"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("large.png", huge(), re.compile("megapixel")),
        ("words.png", b"these are words, not a picture", re.compile("picture|image", re.I)),
    ],
)
def test_a_wrong_upload_is_answered_with_a_sentence(
    first_screen: Page, name: str, content: bytes, says: re.Pattern[str]
) -> None:
    first_screen.goto("/?show=uploaded")
    settled(first_screen)
    files = first_screen.locator("input[type=file]")
    files.set_input_files({"name": name, "mimeType": "image/png", "buffer": content})
    expect(first_screen.get_by_test_id("stAlert")).to_contain_text(says)
    expect(first_screen.locator("[data-testid='stException']")).to_have_count(0)


def test_the_gallery_of_digits_needs_no_data_and_its_images_are_chosen_in_the_browser(
    first_screen: Page,
) -> None:
    soft = opened(first_screen, "/?show=digits&sort=mistakes")
    strip = soft.get_by_role("listbox", name="Images")
    expect(strip.get_by_role("option")).not_to_have_count(0)
    caption = soft.locator(".caption").inner_text()
    strip.focus()
    strip.press("ArrowRight")
    expect(soft.locator(".caption")).not_to_have_text(caption)
    expect(first_screen).to_have_url(re.compile(r"at=1(&|$)"))


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (390, 844)])
def test_nothing_sticks_out_sideways(first_screen: Page, size: tuple[int, int]) -> None:
    first_screen.set_viewport_size({"width": size[0], "height": size[1]})
    opened(first_screen)
    assert first_screen.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize(("motion", "glides"), [("reduce", False), ("no-preference", True)])
def test_reduced_motion_is_honoured(first_screen: Page, motion: str, glides: bool) -> None:
    first_screen.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
    soft = opened(first_screen)
    soft.evaluate("root => root.classList.add('glide')")  # as when another image is chosen
    durations = soft.evaluate(
        """root => [...root.querySelectorAll('*')].map(node => getComputedStyle(node).transitionDuration)"""
    )
    assert (set(durations) > {"0s"}) is glides
