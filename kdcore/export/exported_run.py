"""What is exported: a run with all that it has said, and its trained networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdcore.errors import RunRefused
from kdcore.runs.curve_store import Point, StoredEvent
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store

if TYPE_CHECKING:
    from kdcore.inference.models import InferenceModel

SHORT = 8
"""Characters of a run's id that name it in a file's name."""


@dataclass(frozen=True)
class Record:
    """A run, its curves' points and its other events, oldest first, and the folder of all runs."""

    run: Run
    points: Sequence[Point]
    events: Sequence[StoredEvent]
    folder: Path

    @property
    def short(self) -> str:
        """The run's id, cut to what names it in a file's name."""
        return self.run.id[:SHORT]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of the events of one kind (a class of kdcore.events), oldest first."""
        return [event.payload for event in self.events if event.kind == kind]

    @property
    def knowers(self) -> list[InferenceModel]:
        """The run's trained networks that are here: teacher, twin, student, others."""
        from kdcore.inference import models

        return models.of_run(self.run, self.folder)

    def knower(self, role: str) -> InferenceModel:
        """The run's network of that role.

        Raises:
            RunRefused: the run has none, or its weights are gone.
        """
        found = {knower.role: knower for knower in self.knowers}
        if role not in found:
            there = ", ".join(found) or "none"
            raise RunRefused(f"The run {self.run.id} has no trained network '{role}' here. It has: {there}.")
        return found[role]


def read(store: Store, run_id: str) -> Record:
    """A run with all that it has said.

    Raises:
        RunRefused: there is no such run.
    """
    return Record(store.run(run_id), store.points(run_id), store.events(run_id), store.folder)


def untrained(record: Record) -> str:
    """Why the run has no networks to export, in a sentence; empty where it has some."""
    if record.run.results.get("dataset") is None:
        return (
            f"The run {record.run.id} is {record.run.status} and has no tested networks. Let it finish first."
        )
    return ""


def unsaid(record: Record) -> str:
    """Why the run has no curves to export, in a sentence; empty where it has some."""
    if not record.points:
        return f"The run {record.run.id} is {record.run.status} and has said nothing yet. Let it train first."
    return ""
