"""A run as it is exported: with its curves, its events and its trained networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdcore.errors import RunRefused
from kdcore.runs.curve_store import Point, StoredEvent
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.inference.models import InferenceModel

SHORT_ID = 8
"""Characters of a run's id that name it in a file's name."""


@dataclass(frozen=True)
class RecordedRun:
    """A run and all that was recorded of it.

    Attributes:
        run: the run itself.
        points: the points of its curves, oldest first.
        events: its other events, oldest first.
        folder: the folder of all runs.
        times: when each point was measured, by its seq, in seconds since 1970; without those that were not noted.
    """

    run: Run
    points: Sequence[Point]
    events: Sequence[StoredEvent]
    folder: Path
    times: Mapping[int, float] = field(default_factory=dict)

    @property
    def short_id(self) -> str:
        """The run's id, cut to what names it in a file's name."""
        return self.run.id[:SHORT_ID]

    @property
    def images(self) -> tuple[tuple[int, int, int], int]:
        """The shape of the run's images, and how many classes they have. The run has to have tested networks."""
        dataset = self.run.results["dataset"]
        channels, height, width = dataset["shape"]
        return (channels, height, width), len(dataset["classes"])

    def payloads(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of the events of one kind (a class of kdcore.events), oldest first."""
        return [event.payload for event in self.events if event.kind == kind]

    @property
    def models(self) -> list[InferenceModel]:
        """The run's trained networks whose weights are here: teacher, twin, student, others."""
        from kdcore.inference import models

        return models.of_run(self.run, self.folder)

    def model(self, role: str) -> InferenceModel:
        """The run's trained network of that role.

        Raises:
            RunRefused: the run has none, or its weights are gone.
        """
        models = {model.role: model for model in self.models}
        if role not in models:
            roles = ", ".join(models) or "none"
            raise RunRefused(f"The run {self.run.id} has no trained network '{role}' here. It has: {roles}.")
        return models[role]


def read(store: Store, run_id: str) -> RecordedRun:
    """A run and all that was recorded of it.

    Raises:
        RunRefused: there is no such run.
    """
    points, events, times = store.points(run_id), store.events(run_id), store.times(run_id)
    return RecordedRun(store.run(run_id), points, events, store.folder, times)


def refusal_without_networks(record: RecordedRun) -> str:
    """Why the run has no networks to export, in a sentence; empty where it has some."""
    if record.run.results.get("dataset") is None:
        return N_(
            f"The run {record.run.id} is {record.run.status} and has no tested networks. Let it finish first."
        )
    return ""


def refusal_without_curves(record: RecordedRun) -> str:
    """Why the run has no curves to export, in a sentence; empty where it has some."""
    if not record.points:
        return N_(
            f"The run {record.run.id} is {record.run.status} and has recorded no curves yet. Let it train first."
        )
    return ""
