"""The four roles, their names and their colours: one place for every chart, every table and every page.

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
    """How one role looks and what it is called.

    title: its name. full: its name where a reader meets it first. spoken: as a sentence names it. dash: a Vega stroke dash.
    shape: a Vega mark. mark: the same mark as a character.
    """

    name: str
    title: str
    full: str
    spoken: str
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

    @property
    def explained(self) -> str:
        """Its name with what it means: where one reads it first."""
        return _(self.full)

    @property
    def in_words(self) -> str:
        """Its name in a sentence: the twin."""
        return _(self.spoken).format(role=self.label)

    @property
    def look(self) -> str:
        """What it is to a chart and to the style sheet: further networks share one look."""
        return self.name if self.name in ROLES else OTHER

    @property
    def css(self) -> str:
        """Its classes in the style sheet, which knows both looks of further networks."""
        return f"{OTHER} {ALTERNATE}" if self.light == OTHERS[1][0] else self.look


TEACHER = Role(
    "teacher", N_("teacher"), N_("teacher"), N_("the teacher"), "#0072B2", "#56B4E9", (1, 0), 2, "square", "■"
)
TWIN = Role(
    "twin",
    N_("twin"),
    N_("twin (labels only)"),
    N_("the twin"),
    "#6E6E6E",
    "#A8A8A8",
    (6, 4),
    2,
    "circle",
    "●",
)
STUDENT = Role(
    "student",
    N_("student"),
    N_("student (distilled)"),
    N_("the student"),
    "#C44E00",
    "#FF9F5A",
    (1, 0),
    3.5,
    "triangle-up",
    "▲",
)
TRUTH = Role(
    "truth",
    N_("the label"),
    N_("the label"),
    N_("the label"),
    "#1A1A1A",
    "#F2F2F2",
    (1, 0),
    2,
    "diamond",
    "□",
)
OTHERS = (
    ("#9A6A42", "#C9A98C", (2, 3), "triangle-down", "▼"),
    ("#A23B72", "#E79AC0", (8, 3, 2, 3), "diamond", "◆"),
)
OTHER, ALTERNATE = "other", "alternate"
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
    return Role(name, name, name, N_("the {role}"), light, dark, dash, 2, shape, mark)


def in_order(names: Sequence[str]) -> list[str]:
    """Teacher, twin, student, then the others by name."""
    order = [*ROLES]
    return sorted(set(names), key=lambda name: (order.index(name) if name in order else len(order), name))
