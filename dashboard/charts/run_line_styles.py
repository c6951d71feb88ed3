"""How the line of each run among others is drawn: its dash, and its shade of the student's colour."""

from __future__ import annotations

from dashboard.text.roles import STUDENT, Theme

DASHES = ((1, 0), (12, 5), (3, 3), (14, 4, 3, 4))
SHADES: dict[Theme, tuple[str, ...]] = {
    "light": (STUDENT.light, "#6B2800", "#E2700D"),
    "dark": (STUDENT.dark, "#FFDDC2", "#D66C1E"),
}
"""The student's colour and two shades of it, each 3:1 against the page. There is one dash more than there are shades, so that
twelve runs differ."""


def line_css(place: int, theme: Theme) -> str:
    """The line of the run at a place as a CSS background, for tables."""
    colour, at, parts = SHADES[theme][place % len(SHADES[theme])], 0, []
    for i, length in enumerate(DASHES[place % len(DASHES)]):
        parts.append(f"{'transparent' if i % 2 else colour} {at}px {at + length}px")
        at += length
    return f"repeating-linear-gradient(to right, {', '.join(parts)})"
