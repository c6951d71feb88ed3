"""A run's record: what was asked for, where it stands, and what came of it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from kdcore.experiment import Experiment
from kdcore.runs.training_job import JobKind, TrainingJob, read_job

Status = Literal["queued", "running", "paused", "parked", "finished", "stopped", "failed", "lost"]
LIVE = ("running", "paused")
RESUMABLE = ("parked", "lost", "stopped", "failed")


def digest(owner: str) -> str:
    """How an owner is stored: whoever reads the database cannot act in their name."""
    return hashlib.sha256(owner.encode()).hexdigest()


@dataclass(frozen=True)
class Run:
    """A run's record; times are in seconds since 1970.

    Attributes:
        owner: digest of the browser or the command that started it.
        experiment: what it trains, or the first of the experiments that it trains.
        hash: of its job: runs of the same work have the same.
        phase, device, threads, precision: the last ones that it announced.
        progress: the fields of the last Progress event.
        results: what came of its networks, by role; of a cohort, the ids of its members' runs.
        error: why it failed or was lost, in a sentence.
        queue_position: from 1; None unless it is queued.
        seq: of the newest point or event.
        cuts: how often points and events were cut back, so that a reader knows to read them anew.
        kind, specification: of its job; an experiment needs no further specification.
        sweep: hash of the sweep it belongs to; empty for none.
        varied: the fields that this sweep varies, in its order.
        starred, tags, note: its owner's marks.
        active: seconds trained, without pauses and the time between interruption and resumption.
    """

    id: str
    owner: str
    title: str
    status: Status
    experiment: Experiment
    hash: str
    created: float
    started: float | None = None
    finished: float | None = None
    phase: str = ""
    device: str = ""
    threads: int = 0
    precision: str = ""
    progress: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    queue_position: int | None = None
    seq: int = 0
    cuts: int = 0
    kind: JobKind = "experiment"
    specification: str | None = None
    sweep: str = ""
    varied: tuple[str, ...] = ()
    starred: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""
    active: float = 0.0

    @cached_property
    def job(self) -> TrainingJob:
        """What it trains."""
        return self.experiment if self.specification is None else read_job(self.kind, self.specification)

    @property
    def has_members(self) -> bool:
        """Whether it trains several experiments: each gets a run of its own when this one has finished."""
        return self.kind != "experiment"

    @property
    def live(self) -> bool:
        """Whether a worker holds it."""
        return self.status in LIVE

    @property
    def others(self) -> int:
        """How many other students were trained in the same loop, and so share the time it took."""
        return int(self.results.get("together_with", 0))


def run_from_row(row: sqlite3.Row, queue_position: int | None) -> Run:
    """The record in a row of the table `runs`."""
    return Run(
        id=row["id"],
        owner=row["owner"],
        title=row["title"],
        status=row["status"],
        experiment=Experiment.from_json(row["experiment"]),
        hash=row["hash"],
        created=row["created"],
        started=row["started"],
        finished=row["finished"],
        phase=row["phase"],
        device=row["device"],
        threads=row["threads"],
        precision=row["precision"],
        progress=json.loads(row["progress"]),
        results=json.loads(row["results"]),
        error=row["error"],
        queue_position=queue_position,
        seq=row["seq"],
        cuts=row["cuts"],
        kind=row["kind"],
        specification=row["specification"],
        sweep=row["sweep"],
        varied=tuple(json.loads(row["varied"])),
        starred=bool(row["starred"]),
        tags=tuple(json.loads(row["tags"])),
        note=row["note"],
        active=row["active"],
    )
