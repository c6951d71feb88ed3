"""What a run emits, as rows: the points of its curves, and the events that are not curves."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from sys import intern
from typing import Any, NamedTuple

from kdcore.events import (
    Entered,
    Event,
    Finished,
    HotChange,
    Phase,
    Pictures,
    Pinned,
    Progress,
    Snapshot,
    StageChanged,
    TwinFound,
    curves,
)
from kdcore.runs.database import Database
from kdcore.runs.leases import held_row, renewed, seconds_trained
from kdcore.runs.run_rows import change_row, number_of, row_of
from kdcore.system.processes import Process

STORED = Entered | TwinFound | Phase | Pinned | Snapshot | Pictures | StageChanged | HotChange
"""The events that are stored as such."""


class Point(NamedTuple):
    """One value of a curve."""

    seq: int
    step: int
    epoch: float
    phase: str
    role: str
    series: str
    value: float


class StoredEvent(NamedTuple):
    """An event that is not a curve: `kind` is its class's name, `payload` its fields as JSON values."""

    seq: int
    kind: str
    phase: str
    payload: dict[str, Any]


class CurveStore:
    """The points and events in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def points(self, run_id: str, after: int = 0) -> list[Point]:
        """The points whose seq is greater than `after`, oldest first."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT seq, step, epoch, phase, role, series, value FROM points WHERE run = ? AND seq > ? ORDER BY seq",
                [number_of(db, run_id), after],
            ).fetchall()
        return [
            Point(
                seq,
                step,
                epoch,
                intern(phase),
                intern(role),
                intern(series),
                math.nan if value is None else value,
            )
            for seq, step, epoch, phase, role, series, value in rows
        ]

    def times(self, run_id: str) -> dict[int, float]:
        """When each point was measured, by its seq, in seconds since 1970; without those of runs that did not note it."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT seq, time FROM points WHERE run = ? AND time IS NOT NULL", [number_of(db, run_id)]
            ).fetchall()
        return {seq: moment for seq, moment in rows}

    def events(self, run_id: str, after: int = 0) -> list[StoredEvent]:
        """Phases, pinned images, snapshots, stage changes and hot changes whose seq is greater than `after`, oldest first."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT seq, kind, phase, payload FROM events WHERE run = ? AND seq > ? ORDER BY seq",
                [number_of(db, run_id), after],
            ).fetchall()
        return [StoredEvent(seq, kind, phase, json.loads(payload)) for seq, kind, phase, payload in rows]

    def student_curves(
        self, run_ids: Sequence[str], series: str
    ) -> dict[str, dict[str, list[tuple[float, float]]]]:
        """One series of the students' phase for many runs at once: by run and role, (epoch, value) oldest first."""
        by_run: dict[str, dict[str, list[tuple[float, float]]]] = {}
        with self._database.reading() as db:
            marks = ", ".join("?" * len(run_ids))
            rows = db.execute(
                "SELECT runs.id, role, epoch, value FROM points JOIN runs ON runs.number = points.run "
                f"WHERE runs.id IN ({marks}) AND series = ? AND points.phase = 'students' "
                "ORDER BY points.run, points.seq",
                [*run_ids, series],
            )
            for run_id, role, epoch, value in rows:
                by_run.setdefault(run_id, {}).setdefault(role, []).append((epoch, value))
        return by_run

    def record(
        self,
        run_id: str,
        events: Iterable[Event],
        *,
        worker: Process | None = None,
        times: Iterable[float] = (),
    ) -> int:
        """Add a run's events in one transaction, and renew its worker's lease; returns the newest seq.

        times: when each of them came, in seconds since 1970; now for those without.

        Raises:
            LeaseLost: a worker is given, and the run is no longer its own.
            OutOfResources: the disk is full.
        """
        with self._database.writing() as db:
            row = held_row(db, run_id, worker)
            rows = _EventRows(row["number"], row["seq"], row["phase"])
            came = iter(times)
            for event in events:
                rows.time = next(came, None) or time.time()
                rows.add(event)
                if isinstance(event, TwinFound):
                    rows.take_over_twin(db, event.run)
            db.executemany(
                "INSERT INTO points (run, seq, step, epoch, phase, role, series, value, time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows.points,
            )
            db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows.events)
            changes: dict[str, Any] = {"seq": rows.seq, **rows.changes}
            if worker is not None:
                changes["active"] = seconds_trained(row)
                changes.setdefault("lease", renewed())
            change_row(db, run_id, changes)
        return rows.seq

    def cut_back(self, run_id: str, seq: int) -> None:
        """Drop what was recorded after `seq`: the run resumes from a checkpoint that was written there."""
        with self._database.writing() as db:
            row = row_of(db, run_id)
            dropped = 0
            for table in ("points", "events"):
                dropped += db.execute(
                    f"DELETE FROM {table} WHERE run = ? AND seq > ?", [row["number"], seq]
                ).rowcount
            if dropped:
                change_row(db, run_id, {"cuts": row["cuts"] + 1})


class _EventRows:
    """Events turned into rows, and what they change in their run's. Each row gets the next seq and the present phase."""

    def __init__(self, number: int, seq: int, phase: str) -> None:
        self.number, self.seq, self.phase = number, seq, phase
        self.time = 0.0
        self.points: list[tuple[Any, ...]] = []
        self.events: list[tuple[Any, ...]] = []
        self.changes: dict[str, Any] = {}

    def add(self, event: Event) -> None:
        match event:
            case Phase():
                self.phase = event.name
                self.changes["phase"] = event.name
                if event.device:
                    self.changes |= {"device": event.device, "threads": event.threads}
                if event.precision:
                    self.changes["precision"] = event.precision
            case Progress():
                self.changes["progress"] = json.dumps(asdict(event))
                self.changes["status"] = "paused" if event.paused else "running"
            case Finished():
                self.changes |= {
                    "status": event.status,
                    "results": json.dumps(dict(event.results)),
                    "finished": time.time(),
                    "worker": "",
                    "parent": "",
                }
            case _:
                for role, series, value in curves(event):
                    self.seq += 1
                    where = (self.number, self.seq, event.step, event.epoch, self.phase)  # type: ignore[union-attr]
                    self.points.append((*where, role, series, value, self.time))
        if isinstance(event, STORED):
            self._add_event(type(event).__name__, self.phase, json.dumps(asdict(event)))

    def take_over_twin(self, db: sqlite3.Connection, run_id: str) -> None:
        """Copy the curves and snapshots of another run's twin from the time when it learned."""
        of_twin = "JOIN runs ON runs.number = run WHERE runs.id = ? AND {0}.phase = 'students' AND {1} = 'twin' ORDER BY {0}.seq"
        for point in db.execute(
            f"SELECT step, epoch, points.phase, role, series, value, time FROM points {of_twin.format('points', 'role')}",
            [run_id],
        ):
            self.seq += 1
            self.points.append((self.number, self.seq, *point))
        role = "json_extract(payload, '$.role')"
        for event in db.execute(
            f"SELECT events.kind, events.phase, payload FROM events {of_twin.format('events', role)}",
            [run_id],
        ):
            if event["kind"] == Snapshot.__name__:
                self._add_event(*event)

    def _add_event(self, kind: str, phase: str, payload: str) -> None:
        self.seq += 1
        self.events.append((self.number, self.seq, kind, phase, payload))
