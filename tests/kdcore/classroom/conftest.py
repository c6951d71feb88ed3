"""A store with a class in it, as lecturer and students find it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kdcore.classroom.class_plan import ClassPlan, PlanItem
from kdcore.classroom.classrooms import Classrooms
from kdcore.classroom.locks import ClassBounds, Locks
from kdcore.classroom.start_rules import ClassRules
from kdcore.experiment import Experiment
from kdcore.runs.queue_limits import QueueLimits
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store

LECTURER, STUDENT, OTHER = "a" * 32, "b" * 32, "c" * 32
LIMITS = QueueLimits(rules=ClassRules())


@dataclass(frozen=True)
class Hall:
    """A class with two students."""

    store: Store
    rooms: Classrooms
    code: str
    secret: str

    def plan(self, **locks: object) -> None:
        """One prepared state, at which the class is: T = 4, with these locks."""
        item = PlanItem(title="One", page="train", experiment=Experiment(), locks=Locks(**locks))  # type: ignore[arg-type]
        self.rooms.table.set_plan(self.code, LECTURER, ClassPlan(items=(item,)))
        self.rooms.table.go_to(self.code, LECTURER, 0)

    def bound(self, **bounds: object) -> None:
        """Other bounds of the class."""
        json = ClassBounds(**bounds).model_dump_json()  # type: ignore[arg-type]
        self.rooms.table.change(self.code, LECTURER, bounds=json)

    def queue(self, browser: str = STUDENT, **flat: object) -> Run:
        """A run that a browser starts."""
        return self.store.create(Experiment().with_flat(**flat), browser, limits=LIMITS)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path / "runs")
    yield found
    found.close()


@pytest.fixture
def hall(store: Store) -> Hall:
    rooms = Classrooms(store)
    code, secret = rooms.table.make(LECTURER, "Machine learning, Tuesday")
    rooms.members.join(code, STUDENT)
    rooms.members.join(code, OTHER)
    return Hall(store, rooms, code, secret)
