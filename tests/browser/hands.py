"""How somebody uses a page: with a pointer, or with nothing but a keyboard, going from one thing to the next with Tab."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.browser.helpers import settled

FARTHEST = 400
"""Presses of Tab from anywhere on a page to anywhere else."""


class Hand(Protocol):
    """Somebody's way to use a page."""

    def press(self, target: Locator) -> None:
        """Press a button or a link, or what is chosen like one."""

    def take(self, slider: Locator) -> None:
        """Take hold of a slider, which the arrow keys then move."""

    def choose(self, box: Locator, option: str) -> None:
        """Choose from a box that opens."""

    def mark(self, radio: Locator) -> None:
        """Mark one of several answers."""


class Pointer:
    """A mouse or a finger; sliders take keys, since where a pointer lets go differs with the width."""

    def press(self, target: Locator) -> None:
        """Click it."""
        target.click()

    def take(self, slider: Locator) -> None:
        """Focus it."""
        slider.focus()

    def choose(self, box: Locator, option: str) -> None:
        """Click the box, and then the option; a box that a late answer of the server closed is opened again."""
        found = box.page.get_by_role("listbox").get_by_role("option", name=option, exact=True)
        for _ in range(3):
            box.click()
            with suppress(TimeoutError):
                found.click(timeout=10_000)
                return
        raise AssertionError(f"{option} is not offered")

    def mark(self, radio: Locator) -> None:
        """Click its words."""
        radio.locator("xpath=ancestor::label").click()


class Keyboard:
    """Tab, Enter, space, arrows and letters."""

    def press(self, target: Locator) -> None:
        """Go there and press Enter."""
        reach(target)
        target.page.keyboard.press("Enter")

    def take(self, slider: Locator) -> None:
        """Go there."""
        reach(slider)

    def choose(self, box: Locator, option: str) -> None:
        """Go there, type the option's words and press Enter."""
        reach(box)
        box.page.keyboard.type(option)
        expect(box.page.get_by_role("listbox").get_by_role("option", name=option, exact=True)).to_be_visible()
        box.page.keyboard.press("Enter")

    def mark(self, radio: Locator) -> None:
        """Go to the answers, and with the arrows to this one."""
        group = radio.locator("xpath=ancestor::*[@role='radiogroup']")
        reach(group)
        radio.page.keyboard.press("Space")
        for _ in range(group.get_by_role("radio").count()):
            if radio.is_checked():
                return
            radio.page.keyboard.press("ArrowDown")


def reach(target: Locator) -> None:
    """Press Tab until it has the focus, however often the page is drawn anew meanwhile."""
    page: Page = target.page
    expect(target).to_be_visible()
    for _ in range(FARTHEST):
        if _has_focus(target):
            settled(page)
            if _has_focus(target):
                return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {target}")


def _has_focus(target: Locator) -> bool:
    found: bool = target.evaluate(
        "node => { const at = node.getRootNode().activeElement; return at === node || node.contains(at); }"
    )
    return found
