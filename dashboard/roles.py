"""The four roles and their colours: one place for every chart, every table and every page.

A second cue (dash, mark, letter) goes with each colour, so that nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dashboard.texts import _
from kdcore.texts import N_

Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Role:
    """How one role looks. `dash` is a Vega stroke dash, `shape` a Vega mark, `mark` the same mark as a character."""

    name: str
    title: str
    light: str
    dark: str
    dash: tuple[int, ...]
    width: float
    shape: str
    mark: str

    def colour(self, theme: Theme) -> str:
        """The role's colour in that theme."""
        return self.dark if theme == "dark" else self.light

    @property
    def label(self) -> str:
        """The role's name on screen, in the reader's language."""
        return _(self.title)


TEACHER = Role("teacher", N_("teacher"), "#0072B2", "#56B4E9", (1, 0), 2, "square", "■")
TWIN = Role("twin", N_("labels only"), "#6E6E6E", "#A8A8A8", (6, 4), 2, "circle", "●")
STUDENT = Role("student", N_("distilled"), "#C44E00", "#FF9F5A", (1, 0), 3.5, "triangle-up", "▲")
TRUTH = Role("truth", N_("the label"), "#1A1A1A", "#F2F2F2", (1, 0), 2, "diamond", "□")
OTHERS = (
    ("#9A6A42", "#C9A98C", (2, 3), "triangle-down", "▼"),
    ("#A23B72", "#E79AC0", (8, 3, 2, 3), "diamond", "◆"),
)
ROLES = {role.name: role for role in (TEACHER, TWIN, STUDENT, TRUTH)}


def role(name: str) -> Role:
    """The role of that name; a method's further network is a student under its own name, in a muted colour.

    Several that are numbered ("teacher 2", "teacher 3") take turns among the further looks.
    """
    if name in ROLES:
        return ROLES[name]
    number = name.rpartition(" ")[2]
    turn = int(number) if number.isdecimal() and len(number) < 4 else 0
    light, dark, dash, shape, mark = OTHERS[turn % len(OTHERS)]
    return Role(name, name, light, dark, dash, 2, shape, mark)


def in_order(names: Sequence[str]) -> list[str]:
    """Teacher, twin, student, then the others by name."""
    order = [*ROLES]
    return sorted(set(names), key=lambda name: (order.index(name) if name in order else len(order), name))
