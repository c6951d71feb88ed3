"""A class's record."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kdcore.classroom.class_plan import ClassPlan, PlanItem
from kdcore.classroom.locks import ClassBounds, Locks
from kdcore.experiment import Experiment

DAY = 24 * 3600.0
LIVES_DAYS = 30
"""A class and all that is kept of it is deleted so many days after it was made."""


@dataclass(frozen=True)
class PlaceOfClass:
    """A page to look at: its path, the parameters of its link, and when it was pointed to, in seconds since 1970."""

    page: str
    link: dict[str, str]
    moment: float


@dataclass(frozen=True)
class Classroom:
    """A class; times are in seconds since 1970.

    Attributes:
        code: by which students find it.
        name: what the lecturer calls it.
        language: of its texts, as browsers state one.
        names: whether students may add a name to their pseudonym.
        bounds: the most that its runs may ask for.
        plan: its prepared states.
        place: where in the plan the class is; None before the first.
        here: the page to which the presenter has pointed last; None before the first.
        following: whether students' pages go there by themselves.
        paused: whether nothing of the class trains.
        held: the runs that a pause has held back.
        pinned: the run that is pinned for everybody; empty for none.
        board_names: whether the board shows who a run belongs to.
        created, ends, closed: when; closed is None while it goes on.
    """

    code: str
    name: str
    language: str
    names: bool
    bounds: ClassBounds
    plan: ClassPlan
    place: int | None
    here: PlaceOfClass | None
    following: bool
    paused: bool
    held: tuple[str, ...]
    pinned: str
    board_names: bool
    created: float
    ends: float
    closed: float | None

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.closed is None and time.time() < self.ends

    @cached_property
    def item(self) -> PlanItem | None:
        """The prepared state at which the class is."""
        return self.plan.item(self.place)

    @property
    def locks(self) -> Locks:
        """What students cannot change now."""
        return self.item.locks if self.item else Locks()

    @property
    def prepared(self) -> Experiment:
        """The experiment whose values the locked fields keep."""
        return self.item.experiment if self.item else Experiment()


def classroom_from_row(row: sqlite3.Row) -> Classroom:
    """The record in a row of the table `classes`; the digest of its secret stays there."""
    return Classroom(
        code=row["code"],
        name=row["name"],
        language=row["language"],
        names=bool(row["names"]),
        bounds=ClassBounds.model_validate_json(row["bounds"]),
        plan=ClassPlan.read(row["plan"]),
        place=row["place"],
        here=_place(json.loads(row["here"])),
        following=bool(row["following"]),
        paused=bool(row["paused"]),
        held=tuple(json.loads(row["held"])),
        pinned=row["pinned"],
        board_names=bool(row["board_names"]),
        created=row["created"],
        ends=row["ends"],
        closed=row["closed"],
    )


def _place(stored: dict[str, Any] | None) -> PlaceOfClass | None:
    return PlaceOfClass(**stored) if stored else None
