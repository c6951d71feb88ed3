"""Every page, view and dialog on one visit: its colours follow the theme, its texts are large enough, its console stays empty."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kdcore.runs.run_record import Run
from tests.browser.every_page import (
    COLOURS,
    FIXED,
    OF_A_RUN,
    SMALL,
    SWEEP,
    at_rest,
    choose_theme,
    complaint,
    looked_at,
    opened,
)
from tests.browser.helpers import Server, button, serving, settled

LECTURE_HALL = {"width": 1920, "height": 1080}
LEAST, IN_CELLS = 14, 13
SHORT = "/train?epochs=30"
PERSON = "b" * 32
OPENS_ON = {**FIXED, **OF_A_RUN, "/runs": ".runs"}


@dataclass
class Visit:
    """What a page looked like: opened light, switched to dark, back to light; and opened dark by somebody else."""

    light: list[str]
    dark: list[str]
    light_again: list[str]
    opened_dark: list[str]
    small: list[str]
    console: list[str]


@dataclass
class Visitor:
    """Two pages of two browsers, one light and one dark, and what their consoles say."""

    light: Page
    dark: Page
    console: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def visitor(browser: Browser, run: tuple[Run, Path, Path]) -> Iterator[Visitor]:
    with serving(run[1], run[2]) as server:
        yield from _visitor(browser, server)


def _visitor(browser: Browser, server: Server) -> Iterator[Visitor]:
    contexts = [
        browser.new_context(base_url=server.address, viewport=LECTURE_HALL, color_scheme=scheme)  # type: ignore[arg-type]
        for scheme in ("light", "dark")
    ]
    one = Visitor(*(context.new_page() for context in contexts))
    for context in contexts:  # one person: what they may change looks the same in both
        context.add_cookies([{"name": server.cookie, "value": PERSON, "url": server.address}])
    for page in (one.light, one.dark):
        page.on("console", lambda message: one.console.append(complaint(message)))
        page.on("pageerror", lambda error: one.console.append(str(error)))
    yield one
    for context in contexts:
        context.close()


def said(visitor: Visitor) -> list[str]:
    """What the consoles have said since this was asked last."""
    complaints = [text for text in visitor.console if text]
    visitor.console.clear()
    return complaints


@pytest.fixture(scope="module")
def trained(visitor: Visitor) -> list[str]:
    """A short run and a sweep are trained while the page is open: what the console said meanwhile."""
    page = visitor.light
    page.goto(SHORT)
    settled(page)
    button(page, "train").click()
    expect(page.locator(".st-key-findings")).to_be_visible()
    page.goto(SWEEP)
    expect(button(page, "start_sweep")).to_be_enabled()
    settled(page)
    button(page, "start_sweep").click()
    expect(page.locator(".st-key-controls")).to_contain_text("5 of 5")
    at_rest(page)
    return said(visitor)


@pytest.fixture(scope="module", params=looked_at([*FIXED, *OF_A_RUN]))
def visit(
    visitor: Visitor, run: tuple[Run, Path, Path], trained: list[str], request: pytest.FixtureRequest
) -> Visit:
    page, address = visitor.light, request.param.format(run=run[0].id)
    whole = {**FIXED, **OF_A_RUN}[request.param]
    choose = [*map(_looked, _opened_and_switched(page, address, whole))]
    small = page.evaluate(SMALL, [LEAST, IN_CELLS])
    opened(visitor.dark, address, whole)
    return Visit(*choose, _looked(visitor.dark), small, said(visitor))


def _opened_and_switched(page: Page, address: str, whole: str) -> Iterator[Page]:
    """The page as it is opened, switched to dark, and back."""
    opened(page, address, whole)
    yield page
    for theme in ("Dark", "Light"):
        choose_theme(page, theme)
        at_rest(page)
        yield page


def _looked(page: Page) -> list[str]:
    colours: list[str] = page.evaluate(COLOURS)
    return colours


def test_every_colour_follows_the_theme(visit: Visit) -> None:
    assert differing(visit.dark, visit.opened_dark) == []
    assert differing(visit.light_again, visit.light) == []


def differing(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """What only one of the two has; a figure may have changed meanwhile, as the bytes that are stored do."""
    left, right = (Counter(map(_without_figures, looked)) for looked in (one, other))
    return [*(left - right), *(right - left)]


def _without_figures(element: str) -> str:
    """An element as COLOURS tells of it, its tag, its text and its colours, with 0 for each number of the text."""
    tag, text, *colours = element.split(" | ")
    return " | ".join([tag, re.sub(r"\d+([.,]\d+)*", "0", text), *colours])


def test_no_text_is_too_small_for_the_last_row(visit: Visit) -> None:
    assert visit.small == []


def test_the_console_stays_empty(visit: Visit) -> None:
    assert visit.console == []


def test_the_console_stays_empty_while_something_trains(trained: list[str]) -> None:
    assert trained == []


@pytest.mark.parametrize(
    ("address", "opens", "inside"),
    [
        ("/runs", "storage", "[data-testid='stDialog']"),
        ("/train?run={run}", "exports", "[data-testid='stPopoverBody']"),
        ("/train", "load", "[data-testid='stPopoverBody']"),
    ],
    ids=["storage", "exports", "load"],
)
def test_every_colour_of_what_is_opened_over_a_page_follows_the_theme(
    visitor: Visitor, run: tuple[Run, Path, Path], trained: list[str], address: str, opens: str, inside: str
) -> None:
    """A dialog covers the menu: the reader's system switches."""
    page = visitor.dark
    opened(page, address.format(run=run[0].id), OPENS_ON[address])
    page.locator(f".st-key-{opens} button").first.click()
    expect(page.locator(inside)).to_be_visible()
    at_rest(page)
    dark = _looked(page)
    page.emulate_media(color_scheme="light")
    at_rest(page)
    expect(page.locator(inside)).to_be_visible()
    light = _looked(page)
    page.emulate_media(color_scheme="dark")
    at_rest(page)
    assert differing(_looked(page), dark) == []
    assert differing(light, dark) != []
