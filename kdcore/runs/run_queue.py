"""The queue of runs: whose turn it is, and the changes of status from claim to end.

First come, first served, with one job per owner at a time; the runs of a sweep count as one job.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any

from kdcore.errors import RunRefused
from kdcore.runs.database import Database
from kdcore.runs.leases import held_row, renewed
from kdcore.runs.queue_limits import QueueLimits
from kdcore.runs.run_record import LIVE, RESUMABLE, Status, run_from_row
from kdcore.runs.run_rows import change_row, row_of
from kdcore.system.processes import Process

OF_ONE_SWEEP = """runs.sweep != '' AND NOT EXISTS (
    SELECT 1 FROM runs AS other WHERE other.owner = runs.owner AND other.sweep != runs.sweep AND (
        other.status IN ('running', 'paused') OR (other.status = 'queued' AND other.queued < runs.queued)))"""
"""A queued run of a sweep before which its owner has no other job."""
NOT_HELD = "runs.classroom NOT IN (SELECT code FROM classes WHERE paused AND closed IS NULL)"
"""A run whose class is not paused."""


class RunQueue:
    """The queue of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def startable(self, slots: int) -> list[str]:
        """The queued runs whose turn it is, first come first, at most as many as there are free slots.

        The runs of a sweep are one job of its owner's; slots that nobody else waits for are theirs too.
        """
        with self._database.reading() as db:
            live = db.execute("SELECT COUNT(*) FROM runs WHERE status IN ('running', 'paused')").fetchone()[0]
            rows = db.execute(
                f"SELECT id FROM queue JOIN runs USING (id) WHERE (turn = 0 OR {OF_ONE_SWEEP}) AND {NOT_HELD} "
                "ORDER BY turn > 0, runs.queued LIMIT ?",
                [max(0, slots - live)],
            )
            return [row["id"] for row in rows]

    def claim(
        self,
        run_id: str,
        worker: Process,
        *,
        parent: Process | None = None,
        of: Sequence[Status] = ("queued",),
        slots: int | None = None,
    ) -> bool:
        """Take a run of one of these statuses for `worker`, or return False where it cannot be had.

        With `slots`, the queue's rules apply too: fewer runs than that are live, and none of the same owner but those of
        the same sweep. Claiming what one already holds renews the lease.
        """
        with self._database.writing() as db:
            row = row_of(db, run_id)
            if row["status"] in LIVE and row["worker"] == str(worker):
                change_row(db, run_id, {"lease": renewed()})
                return True
            if row["status"] not in of or (slots is not None and not _turn_has_come(db, row, slots)):
                return False
            if row["status"] != "queued":  # what an earlier worker was told is not for this one
                db.execute("DELETE FROM commands WHERE run = ?", [row["number"]])
            changes = {
                "status": "running",
                "started": row["started"] or time.time(),
                "finished": None,
                "error": "",
                "worker": str(worker),
                "parent": str(parent or ""),
                "lease": renewed(),
            }
            change_row(db, run_id, changes)
            return True

    def park(self, run_id: str, worker: Process) -> bool:
        """Give up a paused run unless a command has just come; returns whether it is parked.

        Raises:
            LeaseLost: the run is no longer the worker's own.
        """
        with self._database.writing() as db:
            row = held_row(db, run_id, worker)
            if db.execute("SELECT 1 FROM commands WHERE run = ?", [row["number"]]).fetchone() is not None:
                return False
            change_row(db, run_id, {"status": "parked", "worker": "", "parent": ""})
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
        """End a run; with a worker only where that one still holds it. Returns whether it was ended."""
        with self._database.writing() as db:
            row = row_of(db, run_id)
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
            change_row(db, run_id, changes)
            return True

    def requeue(self, run_id: str, limits: QueueLimits | None = None) -> None:
        """Queue a run again that no worker holds. `limits`: how many may wait, and how long it may train in all.

        Raises:
            RunRefused: it cannot be resumed in its state, or not within the limits.
        """
        with self._database.writing() as db:
            row = row_of(db, run_id)
            if row["status"] not in RESUMABLE:
                raise RunRefused(f"This run is {row['status']}: there is nothing to resume.")
            if limits is not None:
                limits.refuse_spent(row["active"])
                limits.admitted(db, row["owner"], run_from_row(row, None).job, row["sweep"])
            last = db.execute("SELECT MAX(queued) FROM runs").fetchone()[0]
            change_row(db, run_id, {"status": "queued", "queued": last + 1, "finished": None, "error": ""})
            _keep_pace(db, row)


def _keep_pace(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    """What a run was told before is void, but for the pace at which somebody watched it: whoever trains it next hears that."""
    db.execute("DELETE FROM commands WHERE run = ?", [row["number"]])
    if pace := json.loads(row["progress"]).get("pace"):
        db.execute(
            "INSERT INTO commands (run, kind, setting, value) VALUES (?, 'pace', '', ?)",
            [row["number"], pace],
        )


def _turn_has_come(db: sqlite3.Connection, row: sqlite3.Row, slots: int) -> bool:
    """Whether a slot is free, the run's class is not paused, and its owner has no other job that is live."""
    if db.execute(f"SELECT 1 FROM runs WHERE id = ? AND {NOT_HELD}", [row["id"]]).fetchone() is None:
        return False
    live = db.execute("SELECT owner, sweep FROM runs WHERE status IN ('running', 'paused')").fetchall()
    jobs = {other["sweep"] for other in live if other["owner"] == row["owner"]}
    return len(live) < slots and not jobs - ({row["sweep"]} - {""})
