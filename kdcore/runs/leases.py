"""Which worker holds which run.

A run in training is held by a lease, which every write of its worker renews; a worker whose lease is gone may write no more.
"""

from __future__ import annotations

import sqlite3
import time
from typing import NamedTuple

from kdcore.errors import StillroomError
from kdcore.runs.database import Database
from kdcore.runs.run_rows import row_of
from kdcore.system.processes import Process

LEASE_SECONDS = 5.0


class LeaseLost(StillroomError):
    """A run is no longer held by the worker that wants to write to it."""


class Lease(NamedTuple):
    """Who trains a run, which server looks after that worker, and until when (seconds since 1970) unless renewed."""

    run_id: str
    worker: Process
    parent: Process | None
    until: float


class Leases:
    """The leases of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def leases(self) -> list[Lease]:
        """The leases of all runs that are being trained."""
        with self._database.reading() as db:
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
        """Let `parent` look after a live worker whose own parent is gone."""
        with self._database.writing() as db:
            db.execute(
                "UPDATE runs SET parent = ? WHERE id = ? AND worker = ?", [str(parent), run_id, str(worker)]
            )


def renewed() -> float:
    """Until when a lease holds that is taken or renewed now."""
    return time.time() + LEASE_SECONDS


def held_row(db: sqlite3.Connection, run_id: str, worker: Process | None) -> sqlite3.Row:
    """A run's row; with a worker, only while that one holds the run.

    Raises:
        LeaseLost: the worker does not hold it any more.
        RunRefused: no worker is given, and there is no such run.
    """
    if worker is None:
        return row_of(db, run_id)
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM runs WHERE id = ? AND worker = ? AND status IN ('running', 'paused')",
        [run_id, str(worker)],
    ).fetchone()
    if row is None:
        raise LeaseLost(f"The run {run_id} was given to another worker, or deleted.")
    return row


def seconds_trained(row: sqlite3.Row) -> float:
    """For how long a run has been trained: what passed since its worker last renewed the lease counts, unless paused."""
    since = time.time() - (row["lease"] - LEASE_SECONDS)
    counts = row["status"] == "running" and 0 < since < LEASE_SECONDS
    return float(row["active"] + (since if counts else 0.0))
