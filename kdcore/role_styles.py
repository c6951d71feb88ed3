"""How the roles look: colour, dash and mark of teacher, twin, student and label, on screen and in a report.

A second cue goes with each colour, so that nothing is told by colour alone. Okabe and Ito's colours (2008, Color
universal design), darkened or lightened to a contrast of 3:1 against the page.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RoleStyle:
    """How a role looks.

    Attributes:
        light: its colour in the light theme.
        dark: its colour in the dark theme.
        dash: its stroke, the lengths of line and gap in pixels.
        width: of the stroke, in pixels.
        shape: its mark in Vega.
        mark: the same mark as a character.
    """

    light: str
    dark: str
    dash: tuple[int, ...]
    width: float
    shape: str
    mark: str


ROLE_STYLES: dict[str, RoleStyle] = {
    "teacher": RoleStyle("#0072B2", "#56B4E9", (1, 0), 2, "square", "■"),
    "twin": RoleStyle("#6E6E6E", "#A8A8A8", (6, 4), 2, "circle", "●"),
    "student": RoleStyle("#C44E00", "#FF9F5A", (1, 0), 3.5, "triangle-up", "▲"),
    "truth": RoleStyle("#1A1A1A", "#F2F2F2", (1, 0), 2, "diamond", "□"),
}
FURTHER_STYLES = (
    RoleStyle("#9A6A42", "#C9A98C", (2, 3), 2, "triangle-down", "▼"),
    RoleStyle("#A23B72", "#E79AC0", (8, 3, 2, 3), 2, "diamond", "◆"),
)
"""Of a method's further networks, which take turns."""


def role_style(role: str) -> RoleStyle:
    """How a role looks. Further networks that are numbered ("teacher 2", "teacher 3") take turns."""
    if role in ROLE_STYLES:
        return ROLE_STYLES[role]
    number = role.rpartition(" ")[2]
    turn = int(number) if number.isdecimal() and len(number) < 4 else 0
    return FURTHER_STYLES[turn % len(FURTHER_STYLES)]
