"""The four roles: what each is called and, from `kdcore.role_styles`, how it is drawn in every chart, table and page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Literal

from dashboard.text.translation import _
from kdcore.role_styles import FURTHER_STYLES, ROLE_STYLES, role_style
from kdcore.texts import N_

Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Role:
    """How a role is drawn and what it is called.

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
        """Its name with what it means, for where it is read first."""
        return _(self.full)

    @property
    def meaning(self) -> str:
        """What the role is, in a sentence; empty for further networks, whose methods say it."""
        return _(MEANINGS.get(self.name, ""))

    @property
    def in_words(self) -> str:
        """Its name in a sentence: the twin."""
        return _(self.spoken).format(role=self.label)

    @property
    def look(self) -> str:
        """Its name in charts and in the style sheet, where further networks share one style."""
        return self.name if self.name in ROLES else OTHER

    @property
    def css(self) -> str:
        """Its classes in the style sheet, which has both styles of further networks."""
        return f"{OTHER} {ALTERNATE}" if self.light == FURTHER_STYLES[1].light else self.look


def _known(name: str, title: str, full: str, spoken: str) -> Role:
    return Role(name, title, full, spoken, *astuple(ROLE_STYLES[name]))


TEACHER = _known("teacher", N_("teacher"), N_("teacher"), N_("the teacher"))
TWIN = _known("twin", N_("twin"), N_("twin (labels only)"), N_("the twin"))
STUDENT = _known("student", N_("student"), N_("student (distilled)"), N_("the student"))
TRUTH = _known("truth", N_("the label"), N_("the label"), N_("the label"))
MEANINGS = {
    "teacher": N_("The teacher: a trained network whose answers are learned from. It learns nothing itself."),
    "twin": N_("The twin: the same network as the student, from the same first weights, on the same batches, taught by the labels alone."),
    "student": N_("The student: the network that learns from the teacher's answers."),
}  # fmt: skip
OTHER, ALTERNATE = "other", "alternate"
ROLES = {role.name: role for role in (TEACHER, TWIN, STUDENT, TRUTH)}


def role(name: str) -> Role:
    """The role of that name; a method's further network is a student under its own name, in a muted colour.

    Several that are numbered ("teacher 2", "teacher 3") take turns among the further styles.
    """
    if name in ROLES:
        return ROLES[name]
    return Role(name, name, name, N_("the {role}"), *astuple(role_style(name)))


def in_order(names: Sequence[str]) -> list[str]:
    """Teacher, twin, student, then the others by name."""
    order = [*ROLES]
    return sorted(set(names), key=lambda name: (order.index(name) if name in order else len(order), name))
