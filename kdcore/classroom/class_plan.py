"""A class's plan: prepared states and lessons in the order in which the lecturer goes through them."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_serializer, field_validator

from kdcore.classroom.locks import Locks
from kdcore.classroom.vote_question import VoteQuestion
from kdcore.errors import ClassRefused
from kdcore.experiment import Experiment

MOST_ITEMS = 40
LONGEST_NOTES = 4000
LONGEST_LINK = 4000


class PlanItem(BaseModel):
    """A page as the class should find it.

    Attributes:
        title: what it is called on the lecturer's page.
        page: the path of the page.
        link: the parameters that it begins with.
        experiment: the recipe on it, whose values what is locked keeps.
        lesson: that is open beside it; empty for none.
        locks: what students cannot change there.
        question: that is put to the class here; None for none.
        notes: for the lecturer alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=80)
    page: str = Field(max_length=40, pattern=r"^[a-z-]+$")
    link: dict[str, str] = Field(default={}, max_length=80)
    experiment: Experiment = Experiment()
    lesson: str = Field(default="", max_length=60)
    locks: Locks = Locks()
    question: VoteQuestion | None = None
    notes: str = Field(default="", max_length=LONGEST_NOTES)

    @field_validator("link")
    @classmethod
    def _fits_an_address(cls, link: dict[str, str]) -> dict[str, str]:
        if sum(len(name) + len(value) for name, value in link.items()) > LONGEST_LINK:
            raise ValueError(f"a link takes up to {LONGEST_LINK:,} characters")
        return link

    @field_serializer("experiment")
    def _as_stored(self, experiment: Experiment) -> dict[str, Any]:
        stored: dict[str, Any] = json.loads(experiment.to_json())
        return stored


class ClassPlan(BaseModel):
    """The states in their order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: tuple[PlanItem, ...] = Field(default=(), max_length=MOST_ITEMS)

    @classmethod
    def read(cls, text: str) -> ClassPlan:
        """Read what `to_json` wrote, or a file that a lecturer kept.

        Raises:
            ClassRefused: it is no plan, in a sentence.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise ClassRefused(f"This is no plan of a class: {first_fault(error)}") from error

    def to_json(self) -> str:
        """The text that `read` reads."""
        return self.model_dump_json()

    def item(self, place: int | None) -> PlanItem | None:
        """The state at a place, None where the plan has none there."""
        return self.items[place] if place is not None and 0 <= place < len(self.items) else None

    def with_item(self, item: PlanItem, place: int | None = None) -> ClassPlan:
        """With one more at the end, or with another in a place.

        Raises:
            ClassRefused: it is full.
        """
        if place is not None and self.item(place) is not None:
            return ClassPlan(items=(*self.items[:place], item, *self.items[place + 1 :]))
        if len(self.items) >= MOST_ITEMS:
            raise ClassRefused(f"A plan takes up to {MOST_ITEMS} steps. Remove one first.")
        return ClassPlan(items=(*self.items, item))

    def without(self, place: int) -> ClassPlan:
        """Without the one in that place."""
        return ClassPlan(items=tuple(item for number, item in enumerate(self.items) if number != place))

    def moved(self, place: int, by: int) -> ClassPlan:
        """With the one in that place earlier or later; unchanged at either end."""
        if self.item(place) is None or self.item(place + by) is None:
            return self
        items = [*self.items]
        items.insert(place + by, items.pop(place))
        return ClassPlan(items=tuple(items))


def first_fault(error: ValidationError) -> str:
    """What is wrong first, as a sentence."""
    fault = error.errors(include_url=False)[0]
    where = " ".join(str(part) for part in fault["loc"] if not isinstance(part, int))
    return f"{where}: {fault['msg'].removeprefix('Value error, ')}." if where else f"{fault['msg']}."
