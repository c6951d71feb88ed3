"""The record of all runs: one SQLite database in write-ahead mode, and a folder of weights and checkpoints a run.

Each call is one transaction, so killing any process at any moment leaves a whole record. A run that is being trained is
held by a lease: every write of its worker renews it, and a worker that finds its lease gone may write no more.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from sys import intern
from typing import Any, Literal, NamedTuple, get_args, get_type_hints

from kdcore.errors import InvalidExperiment, OutOfResources, RunRefused, StillroomError
from kdcore.events import (
    Command,
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
    curves,
)
from kdcore.experiment import HOT_FIELDS, Experiment
from kdcore.pipelines.cohort_spec import CohortSpec
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.runs.schema import SCHEMAS
from kdcore.system.processes import Process

LEASE_SECONDS = 5.0
BUSY_SECONDS = 10.0
"""How long a call waits for another process that is writing."""

Status = Literal["queued", "running", "paused", "parked", "finished", "stopped", "failed", "lost"]
LIVE = ("running", "paused")
RESUMABLE = ("parked", "lost", "stopped", "failed")
KINDS = get_args(get_type_hints(Command)["kind"])
OF_ONE_SWEEP = """runs.sweep != '' AND NOT EXISTS (
    SELECT 1 FROM runs AS other WHERE other.owner = runs.owner AND other.sweep != runs.sweep AND (
        other.status IN ('running', 'paused') OR (other.status = 'queued' AND other.queued < runs.queued)))"""
"""A queued run of a sweep before which its owner has no other job."""
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{21}")


class LeaseLost(StillroomError):
    """A run is no longer held by the worker that wants to write of it."""


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
    """An event that is no curve: `kind` is its class's name, `payload` its fields as JSON values."""

    seq: int
    kind: str
    phase: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A run's record. `owner` is a digest; times are seconds since 1970; `progress` holds the last Progress event.

    seq: of the newest point or event. cuts: how often rows were cut back, so that a reader knows to read them anew.
    cohort: the members of a run that trains several (`CohortSpec`), empty in a simple run. sweep: what it is a part of.
    starred, tags, note: marks of its owner. active: seconds trained, without pauses and the time between sittings.
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
    progress: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    queue_position: int | None = None
    seq: int = 0
    cuts: int = 0
    cohort: str = ""
    sweep: str = ""
    starred: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""
    active: float = 0.0

    @property
    def live(self) -> bool:
        """Whether a worker holds it."""
        return self.status in LIVE

    @property
    def others(self) -> int:
        """How many other students were trained in the same loop: the time it took, they all took together."""
        return int(self.results.get("together_with", 0))


class Lease(NamedTuple):
    """Who trains a run, under whose care, and until when (seconds since 1970) unless renewed."""

    run_id: str
    worker: Process
    parent: Process | None
    until: float


def runs_folder() -> Path:
    """Where runs are kept: STILLROOM_RUNS, or `runs` beside the code."""
    named = os.environ.get("STILLROOM_RUNS")
    return Path(named) if named else Path(__file__).resolve().parents[2] / "runs"


def digest(owner: str) -> str:
    """How an owner is stored: whoever reads the database cannot act in their name."""
    return hashlib.sha256(owner.encode()).hexdigest()


class Store:
    """The runs of one folder. Safe to share between threads; processes each open their own."""

    def __init__(self, folder: Path) -> None:
        """Open the folder's database, made on first use.

        Raises:
            OutOfResources: the folder cannot be written.
            RunRefused: the database was written by a newer version, or is none.
        """
        self.folder = folder.absolute()
        self._lock = threading.RLock()
        with self._sentences():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                self.folder / "runs.sqlite3",
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            self._db.row_factory = sqlite3.Row
            _until_free(self._db, "PRAGMA journal_mode=WAL")
            # FULL: a checkpoint on the disk must not be ahead of its rows after a power cut.
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA foreign_keys=ON")
        self._make_schema()

    def close(self) -> None:
        """Close the database; the store cannot be used any more."""
        with self._lock:
            self._db.close()

    def run_folder(self, run_id: str) -> Path:
        """Where the run's weights and checkpoints lie.

        Raises:
            RunRefused: this is no run's id.
        """
        if not RUN_ID.fullmatch(run_id):
            raise _unknown(run_id)
        return self.folder / run_id

    # ---- runs ---------------------------------------------------------------------------------------------------

    def create(
        self,
        experiment: Experiment,
        owner: str,
        *,
        title: str = "",
        status: Status = "queued",
        lineup: CohortSpec | SearchSpec | None = None,
        sweep: str = "",
    ) -> Run:
        """A new run. With status `running` the calling process holds it from the start, past the queue.

        lineup: the experiments of a cohort, whose first is `experiment`. sweep: the sweep that the run belongs to.
        """
        run_id = _new_id()
        mine = status in LIVE
        values = {
            "id": run_id,
            "owner": digest(owner),
            "title": title,
            "status": status,
            "experiment": experiment.to_json(),
            "hash": lineup.hash if lineup else experiment.hash,
            "cohort": lineup.to_json() if lineup else "",
            "sweep": sweep,
            "created": time.time(),
            "started": time.time() if mine else None,
            "worker": str(Process.me()) if mine else "",
            "lease": time.time() + LEASE_SECONDS if mine else 0,
        }
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        with self.writing() as db:
            db.execute(
                f"INSERT INTO runs ({names}, queued) SELECT {marks}, COALESCE(MAX(queued), 0) + 1 FROM runs",
                values,
            )
        return self.run(run_id)

    def run(self, run_id: str) -> Run:
        """One run.

        Raises:
            RunRefused: there is none of this id.
        """
        found = self._runs("id = ?", [run_id], limit=1)
        if not found:
            raise _unknown(run_id)
        return found[0]

    def runs(
        self,
        *,
        limit: int = 100,
        owner: str | None = None,
        status: Status | None = None,
        hash: str | None = None,
    ) -> list[Run]:
        """The newest runs first, only those of an owner, a status or an experiment's hash where one is given."""
        wanted = {"owner": None if owner is None else digest(owner), "status": status, "hash": hash}
        given = {name: value for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in given) or "1"
        return self._runs(where, list(given.values()), limit)

    def unchanged_finished(self, hash: str) -> Run | None:
        """The newest finished run of an experiment's hash in which no setting was changed on the way."""
        return self.all_unchanged_finished([hash], 1).get(hash)

    def all_unchanged_finished(self, hashes: Sequence[str], limit: int = 100_000) -> dict[str, Run]:
        """The same for many hashes at once, by hash; those that have none are left out."""
        hot = "SELECT 1 FROM events WHERE events.run = runs.number AND kind = ?"
        marks = ", ".join("?" * len(hashes))
        found = self._runs(
            f"hash IN ({marks}) AND status = 'finished' AND NOT EXISTS ({hot})",
            [*hashes, HotChange.__name__],
            limit,
        )
        return {run.hash: run for run in reversed(found)}

    def finished_of(self, sweep: str) -> list[Run]:
        """The finished runs of a sweep, newest first."""
        return self._runs("sweep = ? AND status = 'finished'", [sweep], 10_000)

    def unfinished_of(self, sweep: str) -> list[Run]:
        """The runs of a sweep that are not finished, newest first: its cohorts that wait, train, or were left."""
        return self._runs("sweep = ? AND status != 'finished'", [sweep], 100)

    def _runs(self, where: str, values: Sequence[Any], limit: int) -> list[Run]:
        with self.reading() as db:
            rows = db.execute(
                f"SELECT * FROM runs WHERE deleted IS NULL AND {where} ORDER BY number DESC LIMIT ?",
                [*values, limit],
            ).fetchall()
            positions: dict[str, int] = {}
            if any(row["status"] == "queued" for row in rows):
                order = "SELECT id, ROW_NUMBER() OVER (ORDER BY turn, queued) AS position FROM queue"
                positions = {row["id"]: row["position"] for row in db.execute(order)}
        return [_run(row, positions.get(row["id"])) for row in rows]

    def delete(self, run_id: str) -> None:
        """Leave a run out of all that is read; `restore` brings it back, `purge` removes it for good.

        One that waits for a worker is stopped: it would not begin.

        Raises:
            RunRefused: it is unknown, or it is being trained.
        """
        with self.writing() as db:
            status = self._row(db, run_id)["status"]
            if status in LIVE:
                raise RunRefused("This run is being trained. Stop it first, then delete it.")
            changes: dict[str, Any] = {"deleted": time.time()}
            if status == "queued":
                changes |= {"status": "stopped", "finished": time.time()}
            self._change(db, run_id, changes)

    def restore(self, run_id: str) -> None:
        """Bring a deleted run back.

        Raises:
            RunRefused: there is no deleted run of this id.
        """
        with self.writing() as db:
            found = db.execute("UPDATE runs SET deleted = NULL WHERE id = ? AND deleted > 0", [run_id])
            if not found.rowcount:
                raise _unknown(run_id)

    def purge(self, run_ids: Iterable[str]) -> None:
        """Remove the folders and the rows of runs, deleted or not, leaving out what waits or is being trained."""
        gone: list[str] = []
        with self.writing() as db:
            for run_id in run_ids:
                marked = "UPDATE runs SET deleted = COALESCE(deleted, ?) WHERE id = ? AND status NOT IN ('queued', 'running', 'paused')"
                if db.execute(marked, [time.time(), run_id]).rowcount:
                    gone.append(run_id)
        for (
            run_id
        ) in gone:  # first, so that whoever is killed midway leaves a deleted run and no folder without one
            shutil.rmtree(self.run_folder(run_id), ignore_errors=True)
        with self.writing() as db:
            db.executemany(
                "DELETE FROM runs WHERE id = ? AND deleted IS NOT NULL", [[run_id] for run_id in gone]
            )

    # ---- what a run has said ------------------------------------------------------------------------------------

    def points(self, run_id: str, after: int = 0) -> list[Point]:
        """The points whose seq is greater than `after`, oldest first."""
        with self.reading() as db:
            rows = db.execute(
                "SELECT seq, step, epoch, phase, role, series, value FROM points WHERE run = ? AND seq > ? ORDER BY seq",
                [self._number(db, run_id), after],
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

    def events(self, run_id: str, after: int = 0) -> list[StoredEvent]:
        """Phases, pinned images, snapshots, stage changes and hot changes whose seq is greater than `after`, oldest first."""
        with self.reading() as db:
            rows = db.execute(
                "SELECT seq, kind, phase, payload FROM events WHERE run = ? AND seq > ? ORDER BY seq",
                [self._number(db, run_id), after],
            ).fetchall()
        return [StoredEvent(seq, kind, phase, json.loads(payload)) for seq, kind, phase, payload in rows]

    def record(self, run_id: str, events: Iterable[Event], *, worker: Process | None = None) -> int:
        """Add what a run said, in one transaction, and renew its worker's lease; returns the newest seq.

        Raises:
            LeaseLost: a worker is given, and the run is no longer its own.
            OutOfResources: the disk is full.
        """
        with self.writing() as db:
            row = self._held(db, run_id, worker)
            said = _Said(row["number"], row["seq"], row["phase"])
            for event in events:
                said.add(event)
            db.executemany("INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?)", said.points)
            db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", said.events)
            changes: dict[str, Any] = {"seq": said.seq, **said.changes}
            if worker is not None:
                changes["active"] = _worked(row)
                changes.setdefault("lease", time.time() + LEASE_SECONDS)
            self._change(db, run_id, changes)
        return said.seq

    def cut_back(self, run_id: str, seq: int) -> None:
        """Drop what was said after `seq`: the run goes on from a checkpoint that was written there."""
        with self.writing() as db:
            row = self._row(db, run_id)
            dropped = 0
            for table in ("points", "events"):
                dropped += db.execute(
                    f"DELETE FROM {table} WHERE run = ? AND seq > ?", [row["number"], seq]
                ).rowcount
            if dropped:
                self._change(db, run_id, {"cuts": row["cuts"] + 1})

    # ---- commands -----------------------------------------------------------------------------------------------

    def command(self, run_id: str, command: Command) -> None:
        """Tell a run something; one that no worker holds can only be stopped.

        Raises:
            RunRefused: the run cannot do this in its state.
            InvalidExperiment: a setting that cannot change mid-run, or a value out of its bounds.
        """
        with self.writing() as db:
            row = self._row(db, run_id)
            _check(command, Experiment.from_json(row["experiment"]))
            if row["cohort"] and command.kind == "set":
                raise RunRefused(
                    "The settings of a sweep cannot change while it trains. Start another sweep."
                )
            if row["status"] in LIVE:
                db.execute(
                    "INSERT INTO commands (run, kind, setting, value) VALUES (?, ?, ?, ?)",
                    [row["number"], command.kind, command.setting, command.value],
                )
            elif command.kind == "stop" and row["status"] in ("queued", "parked", "lost"):
                self._change(db, run_id, {"status": "stopped", "finished": time.time()})
            else:
                raise RunRefused(
                    f"This run is {row['status']}: there is nothing to {command.kind.replace('_', ' a ')}."
                )

    def take_commands(self, run_id: str) -> list[Command]:
        """What the run was told since the last call, oldest first."""
        with self.reading() as db:
            number = self._number(db, run_id)
            if db.execute("SELECT 1 FROM commands WHERE run = ?", [number]).fetchone() is None:
                return []
        with self.writing() as db:
            rows = db.execute(
                "SELECT kind, setting, value FROM commands WHERE run = ? ORDER BY seq", [number]
            ).fetchall()
            db.execute("DELETE FROM commands WHERE run = ?", [number])
        return [Command(*row) for row in rows]

    # ---- who trains it ------------------------------------------------------------------------------------------

    def claim(
        self,
        run_id: str,
        worker: Process,
        *,
        parent: Process | None = None,
        of: Sequence[Status] = ("queued",),
        slots: int | None = None,
    ) -> bool:
        """Take a run of one of these statuses for `worker`, or return False where it is not to be had.

        With `slots`, the queue's rules hold too: fewer runs than that are live, and none of the same owner but those of
        the same sweep. Claiming what one already holds renews the lease.
        """
        with self.writing() as db:
            row = self._row(db, run_id)
            if row["status"] in LIVE and row["worker"] == str(worker):
                self._change(db, run_id, {"lease": time.time() + LEASE_SECONDS})
                return True
            if row["status"] not in of:
                return False
            live = db.execute(
                "SELECT owner, sweep FROM runs WHERE status IN ('running', 'paused')"
            ).fetchall()
            of_owner = {other["sweep"] for other in live if other["owner"] == row["owner"]}
            if slots is not None and (len(live) >= slots or of_owner - ({row["sweep"]} - {""})):
                return False
            db.execute("DELETE FROM commands WHERE run = ?", [row["number"]])
            self._change(
                db,
                run_id,
                {
                    "status": "running",
                    "started": row["started"] or time.time(),
                    "finished": None,
                    "error": "",
                    "worker": str(worker),
                    "parent": str(parent or ""),
                    "lease": time.time() + LEASE_SECONDS,
                },
            )
            return True

    def park(self, run_id: str, worker: Process) -> bool:
        """Give up a paused run unless it was just told something; returns whether it is parked.

        Raises:
            LeaseLost: the run is no longer the worker's own.
        """
        with self.writing() as db:
            row = self._held(db, run_id, worker)
            if db.execute("SELECT 1 FROM commands WHERE run = ?", [row["number"]]).fetchone() is not None:
                return False
            self._change(db, run_id, {"status": "parked", "worker": "", "parent": ""})
            return True

    def finish(
        self,
        run_id: str,
        status: Status,
        results: Mapping[str, Any] | None = None,
        error: str = "",
        *,
        worker: Process | None = None,
    ) -> bool:
        """End a run; with a worker only where that one still holds it. Returns whether it was done."""
        with self.writing() as db:
            row = self._row(db, run_id)
            if worker is not None and (row["worker"] != str(worker) or row["status"] not in LIVE):
                return False
            changes: dict[str, Any] = {
                "status": status,
                "error": error,
                "finished": time.time(),
                "worker": "",
                "parent": "",
            }
            if results is not None:
                changes["results"] = json.dumps(results)
            self._change(db, run_id, changes)
            return True

    def requeue(self, run_id: str) -> None:
        """Let a run that no worker holds wait for a worker again.

        Raises:
            RunRefused: it is not one that can go on.
        """
        with self.writing() as db:
            status = self._row(db, run_id)["status"]
            if status not in RESUMABLE:
                raise RunRefused(f"This run is {status}: there is nothing to resume.")
            last = db.execute("SELECT MAX(queued) FROM runs").fetchone()[0]
            self._change(db, run_id, {"status": "queued", "queued": last + 1, "finished": None, "error": ""})

    def startable(self, slots: int) -> list[str]:
        """The queued runs whose turn it is, first come first, at most as many as there are free slots.

        The runs of a sweep are one job of its owner's; slots that nobody else waits for are theirs too.
        """
        with self.reading() as db:
            live = db.execute("SELECT COUNT(*) FROM runs WHERE status IN ('running', 'paused')").fetchone()[0]
            rows = db.execute(
                f"SELECT id FROM queue JOIN runs USING (id) WHERE turn = 0 OR {OF_ONE_SWEEP} "
                "ORDER BY turn > 0, runs.queued LIMIT ?",
                [max(0, slots - live)],
            )
            return [row["id"] for row in rows]

    def leases(self) -> list[Lease]:
        """Who trains what now."""
        with self.reading() as db:
            rows = db.execute(
                "SELECT id, worker, parent, lease FROM runs WHERE status IN ('running', 'paused') AND worker != ''"
            ).fetchall()
        return [
            Lease(
                row["id"],
                Process.read(row["worker"]),
                Process.read(row["parent"]) if row["parent"] else None,
                row["lease"],
            )
            for row in rows
        ]

    def adopt(self, run_id: str, worker: Process, parent: Process) -> None:
        """Take a live worker into one's care: its own parent is gone."""
        with self.writing() as db:
            db.execute(
                "UPDATE runs SET parent = ? WHERE id = ? AND worker = ?", [str(parent), run_id, str(worker)]
            )

    # ---- facts about this machine -------------------------------------------------------------------------------

    def fact(self, key: str) -> dict[str, Any] | None:
        """What was noted under this key, or None."""
        with self.reading() as db:
            row = db.execute("SELECT value FROM facts WHERE key = ?", [key]).fetchone()
        return None if row is None else dict(json.loads(row["value"]))

    def set_fact(self, key: str, value: Mapping[str, Any]) -> None:
        """Note a small fact about this machine, such as a throughput."""
        with self.writing() as db:
            db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", [key, json.dumps(dict(value))])

    # ---- the database -------------------------------------------------------------------------------------------

    def _make_schema(self) -> None:
        with self.writing() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(SCHEMAS):
                raise RunRefused(
                    f"The runs in {self.folder} were written by a newer version of Stillroom. "
                    "Update Stillroom, or set STILLROOM_RUNS to another folder."
                )
            for addition in SCHEMAS[version:]:
                for statement in addition.split(";\n"):
                    db.execute(statement)
            if version < len(SCHEMAS):
                db.execute(f"PRAGMA user_version = {len(SCHEMAS)}")

    def _row(self, db: sqlite3.Connection, run_id: str) -> sqlite3.Row:
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM runs WHERE id = ? AND deleted IS NULL", [run_id]
        ).fetchone()
        if row is None:
            raise _unknown(run_id)
        return row

    def _number(self, db: sqlite3.Connection, run_id: str) -> int:
        row = db.execute("SELECT number FROM runs WHERE id = ? AND deleted IS NULL", [run_id]).fetchone()
        if row is None:
            raise _unknown(run_id)
        return int(row["number"])

    def _held(self, db: sqlite3.Connection, run_id: str, worker: Process | None) -> sqlite3.Row:
        if worker is None:
            return self._row(db, run_id)
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM runs WHERE id = ? AND worker = ? AND status IN ('running', 'paused')",
            [run_id, str(worker)],
        ).fetchone()
        if row is None:
            raise LeaseLost(f"The run {run_id} was given to another worker, or deleted.")
        return row

    def _change(self, db: sqlite3.Connection, run_id: str, changes: Mapping[str, Any]) -> None:
        names = ", ".join(f"{name} = ?" for name in changes)
        db.execute(f"UPDATE runs SET {names} WHERE id = ?", [*changes.values(), run_id])

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One look at one moment, even over several statements."""
        with self._lock, self._sentences():
            self._db.execute("BEGIN")
            try:
                yield self._db
            finally:
                self._db.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One change of the record: all of its statements, or none."""
        with self._lock, self._sentences():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _sentence(self.folder, error) from error
        except OSError as error:
            raise OutOfResources(
                f"The runs folder {self.folder} cannot be used ({error.strerror}). "
                "Make it writable, or set STILLROOM_RUNS to another folder."
            ) from error


class _Said:
    """Events on their way into rows. Each row gets the next seq, and the phase that was last announced."""

    def __init__(self, number: int, seq: int, phase: str) -> None:
        self.number, self.seq, self.phase = number, seq, phase
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
                    self.points.append((*where, role, series, value))
        if isinstance(event, Entered | Phase | Pinned | Snapshot | Pictures | StageChanged | HotChange):
            self.seq += 1
            kind = type(event).__name__
            self.events.append((self.number, self.seq, kind, self.phase, json.dumps(asdict(event))))


def _worked(row: sqlite3.Row) -> float:
    """Seconds that a run has been trained by now: what passed since its worker last renewed the lease counts, unless paused."""
    since = time.time() - (row["lease"] - LEASE_SECONDS)
    counts = row["status"] == "running" and 0 < since < LEASE_SECONDS
    return float(row["active"] + (since if counts else 0.0))


def _run(row: sqlite3.Row, position: int | None) -> Run:
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
        progress=json.loads(row["progress"]),
        results=json.loads(row["results"]),
        error=row["error"],
        queue_position=position,
        seq=row["seq"],
        cuts=row["cuts"],
        cohort=row["cohort"],
        sweep=row["sweep"],
        starred=bool(row["starred"]),
        tags=tuple(json.loads(row["tags"])),
        note=row["note"],
        active=row["active"],
    )


def _new_id() -> str:
    """128 random bits: who knows the id may watch the run. It begins with a letter or digit, so that a shell takes it."""
    while not RUN_ID.fullmatch(run_id := secrets.token_urlsafe(16)):
        pass
    return run_id


def _unknown(run_id: str) -> RunRefused:
    return RunRefused(
        f"There is no run '{run_id[:40]}'. It may have been deleted, or its link was cut short."
    )


def _check(command: Command, experiment: Experiment) -> None:
    if command.kind not in KINDS:
        raise RunRefused(f"A run cannot be told to '{command.kind}'.")
    if command.kind == "set":
        if command.setting not in HOT_FIELDS:
            raise InvalidExperiment(
                f"{command.setting} cannot change while a run goes on; these can: {', '.join(HOT_FIELDS)}. Start a new run."
            )
        experiment.with_flat(**{command.setting: command.value})


def _until_free(db: sqlite3.Connection, pragma: str) -> None:
    """Switching to the write-ahead log does not wait for another process by itself."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute(pragma)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.02)


def _sentence(folder: Path, error: sqlite3.Error) -> Exception:
    """What a failure of the database means for the user; anything else is a mistake of ours and stays what it is."""
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return OutOfResources(
                f"No space is left on the disk of the runs folder {folder}. Free some, then resume the run or start it again."
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return OutOfResources(
                f"The runs folder {folder} cannot be written. Make it writable, or set STILLROOM_RUNS to another folder."
            )
        case sqlite3.SQLITE_IOERR:
            return OutOfResources(
                f"The disk of the runs folder {folder} cannot be read or written ({error}). "
                "Check its space and health, or set STILLROOM_RUNS to another folder."
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return OutOfResources(
                f"Another program has held the runs in {folder} for {BUSY_SECONDS:.0f} seconds. Close it, then try again."
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return RunRefused(
                f"{folder / 'runs.sqlite3'} is damaged, or no database of runs. "
                "Move it away, or set STILLROOM_RUNS to another folder."
            )
        case _:
            return error
