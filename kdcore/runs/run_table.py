"""The runs of a database: created, looked up, deleted, restored and removed for good."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kdcore.errors import RunRefused
from kdcore.events import HotChange
from kdcore.experiment import Experiment
from kdcore.runs.database import Database
from kdcore.runs.leases import renewed
from kdcore.runs.queue_limits import QueueLimits
from kdcore.runs.run_record import LIVE, Run, Status, digest, run_from_row
from kdcore.runs.run_rows import change_row, row_of
from kdcore.runs.runs_folder import folder_of_run, new_run_id, unknown_run
from kdcore.runs.training_job import TrainingJob, first_experiment, kind_of
from kdcore.system.processes import Process

HOT_CHANGES = "SELECT 1 FROM events WHERE events.run = runs.number AND kind = ?"


class RunTable:
    """The runs of one database, and their folders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        job: TrainingJob,
        owner: str,
        *,
        title: str = "",
        status: Status = "queued",
        sweep: str = "",
        varied: Iterable[str] = (),
        begin_paused: float | None = None,
        limits: QueueLimits | None = None,
    ) -> Run:
        """A new run. With status `running` the calling process holds it from the start, past the queue.

        sweep: the hash of the sweep that the run belongs to. varied: the fields that this sweep varies. begin_paused: where
        given, the students wait before their first step, and then go at so many steps a second; 0 for as fast as it goes.
        limits: how many may wait, and what the owner's class allows.

        Raises:
            RunRefused: as many wait as may.
            ClassRefused: the class does not allow it.
        """
        run_id = new_run_id()
        asked_for = {"title": title, "status": status, "sweep": sweep, "varied": json.dumps([*varied])}
        values = {"id": run_id, "owner": digest(owner), **asked_for, **_job_columns(job), **_times(status)}
        with self._database.writing() as db:
            if limits is not None:
                values["classroom"] = limits.admitted(db, digest(owner), job, sweep)
            _insert_last(db, values)
            if begin_paused is not None:
                db.execute(
                    "INSERT INTO commands (run, kind, setting, value) SELECT number, 'begin_paused', '', ? FROM runs WHERE id = ?",
                    [begin_paused, run_id],
                )
        return self.run(run_id)

    def run(self, run_id: str) -> Run:
        """One run.

        Raises:
            RunRefused: there is none of this id.
        """
        runs = self._runs("id = ?", [run_id], limit=1)
        if not runs:
            raise unknown_run(run_id)
        return runs[0]

    def runs(
        self,
        *,
        limit: int = 100,
        owner: str | None = None,
        status: Status | None = None,
        hash: str | None = None,
    ) -> list[Run]:
        """The newest runs first, only those of an owner, a status or a job's hash where one is given."""
        wanted = {"owner": None if owner is None else digest(owner), "status": status, "hash": hash}
        given = {name: value for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in given) or "1"
        return self._runs(where, list(given.values()), limit)

    def unchanged_finished(self, hash: str) -> Run | None:
        """The newest finished run of an experiment's hash during which no setting was changed."""
        return self.all_unchanged_finished([hash], 1).get(hash)

    def all_unchanged_finished(self, hashes: Sequence[str], limit: int = 100_000) -> dict[str, Run]:
        """The same for many hashes at once, by hash; those that have none are left out."""
        marks = ", ".join("?" * len(hashes))
        runs = self._runs(
            f"hash IN ({marks}) AND status = 'finished' AND NOT EXISTS ({HOT_CHANGES})",
            [*hashes, HotChange.__name__],
            limit,
        )
        return {run.hash: run for run in reversed(runs)}

    def unchanged_finished_with(self, text: str) -> list[Run]:
        """The finished runs with this text in their results during which no setting was changed, newest first."""
        return self._runs(
            f"status = 'finished' AND instr(results, ?) AND NOT EXISTS ({HOT_CHANGES})",
            [text, HotChange.__name__],
            10,
        )

    def equal_run(self, hash: str, owner: str) -> Run | None:
        """The owner's newest run of an experiment's hash that waits, trains or has finished, with nothing changed on the way.

        Not one of a sweep's.
        """
        runs = self._runs(
            "hash = ? AND owner = ? AND sweep = '' AND status IN ('queued', 'running', 'paused', 'finished') "
            f"AND NOT EXISTS ({HOT_CHANGES})",
            [hash, digest(owner), HotChange.__name__],
            1,
        )
        return runs[0] if runs else None

    def list_version(self) -> tuple[float, ...]:
        """Other numbers whenever a run has been added, has ended, was deleted or restored; None counts as 0."""
        with self._database.reading() as db:
            row = db.execute(
                "SELECT count(*), count(deleted), max(created), max(finished), max(deleted) FROM runs"
            ).fetchone()
        return tuple(value or 0 for value in row)

    def finished_of(self, sweep: str) -> list[Run]:
        """The finished runs of a sweep, newest first."""
        return self._runs("sweep = ? AND status = 'finished'", [sweep], 10_000)

    def unfinished_of(self, sweep: str) -> list[Run]:
        """The runs of a sweep that are not finished, newest first: queued, live, or left to be resumed."""
        return self._runs("sweep = ? AND status != 'finished'", [sweep], 100)

    def _runs(self, where: str, values: Sequence[Any], limit: int) -> list[Run]:
        with self._database.reading() as db:
            rows = db.execute(
                f"SELECT * FROM runs WHERE deleted IS NULL AND {where} ORDER BY number DESC LIMIT ?",
                [*values, limit],
            ).fetchall()
            positions: dict[str, int] = {}
            if any(row["status"] == "queued" for row in rows):
                order = "SELECT id, ROW_NUMBER() OVER (ORDER BY turn, queued) AS position FROM queue"
                positions = {row["id"]: row["position"] for row in db.execute(order)}
        return [run_from_row(row, positions.get(row["id"])) for row in rows]

    def delete(self, run_id: str) -> None:
        """Hide a run from all that reads; `restore` brings it back, `purge` removes it for good.

        A queued one is stopped: it would never start.

        Raises:
            RunRefused: it is unknown, or it is being trained.
        """
        with self._database.writing() as db:
            status = row_of(db, run_id)["status"]
            if status in LIVE:
                raise RunRefused("This run is being trained. Stop it first, then delete it.")
            changes: dict[str, Any] = {"deleted": time.time()}
            if status == "queued":
                changes |= {"status": "stopped", "finished": time.time()}
            change_row(db, run_id, changes)

    def restore(self, run_id: str) -> None:
        """Bring a deleted run back.

        Raises:
            RunRefused: there is no deleted run of this id.
        """
        with self._database.writing() as db:
            restored = db.execute("UPDATE runs SET deleted = NULL WHERE id = ? AND deleted > 0", [run_id])
            if not restored.rowcount:
                raise unknown_run(run_id)

    def purge(self, run_ids: Iterable[str]) -> None:
        """Remove the folders and rows of runs, deleted or not; those that are queued or being trained stay."""
        mark = (
            "UPDATE runs SET deleted = COALESCE(deleted, ?) "
            "WHERE id = ? AND status NOT IN ('queued', 'running', 'paused')"
        )
        with self._database.writing() as db:
            gone = [run_id for run_id in run_ids if db.execute(mark, [time.time(), run_id]).rowcount]
        # The folders first: a process killed midway leaves deleted runs, and no folder without a run.
        for run_id in gone:
            shutil.rmtree(folder_of_run(self._database.folder, run_id), ignore_errors=True)
        with self._database.writing() as db:
            db.executemany(
                "DELETE FROM runs WHERE id = ? AND deleted IS NOT NULL", [[run_id] for run_id in gone]
            )


def _job_columns(job: TrainingJob) -> dict[str, Any]:
    """What a run trains, by column."""
    return {
        "experiment": first_experiment(job).to_json(),
        "hash": job.hash,
        "kind": kind_of(job),
        "specification": None if isinstance(job, Experiment) else job.to_json(),
    }


def _times(status: Status) -> dict[str, Any]:
    """When a new run of that status was created, and who holds it since when."""
    now, held_here = time.time(), status in LIVE
    return {
        "created": now,
        "started": now if held_here else None,
        "worker": str(Process.me()) if held_here else "",
        "lease": renewed() if held_here else 0,
    }


def _insert_last(db: sqlite3.Connection, values: Mapping[str, Any]) -> None:
    """A new row, at the end of the queue."""
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    db.execute(
        f"INSERT INTO runs ({names}, queued) SELECT {marks}, COALESCE(MAX(queued), 0) + 1 FROM runs",
        dict(values),
    )
