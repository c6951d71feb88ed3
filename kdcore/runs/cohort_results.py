"""The end of a cohort: every member becomes a finished run of its own, found by its experiment's hash like any other.

It has its curves, results and weights under the names that they would have if it had been trained alone; the cohort's
record keeps the members' ids. Those are derived from the cohort's, so that an end that was cut off can simply be repeated.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kdcore.experiment import Experiment
from kdcore.pipelines.cohort_spec import DIVERGED, CohortEntry, CohortSpec
from kdcore.runs.checkpoints import unwritable
from kdcore.runs.leases import held_row
from kdcore.runs.runs_folder import RUN_ID
from kdcore.runs.store import Store
from kdcore.runs.training_job import TrainingJob
from kdcore.system.processes import Process

COPIED = (
    "owner", "title", "created", "queued", "started", "device", "threads", "precision", "phase", "seq", "sweep", "classroom",
    "varied", "active",
)  # fmt: skip
"""What a member's run inherits from its cohort's."""


def member_id(run_id: str, number: int) -> str:
    """The id of the run of a cohort's member: whoever knows the cohort's can derive it."""
    return next(digest for digest in _digests(f"{run_id}/{number}") if RUN_ID.fullmatch(digest))


def _digests(seed: str) -> Iterator[str]:
    while True:
        seed = hashlib.sha256(seed.encode()).hexdigest()
        yield base64.urlsafe_b64encode(bytes.fromhex(seed))[:22].decode()


def finish_cohort(store: Store, run_id: str, results: Mapping[str, Any], worker: Process) -> list[str]:
    """Finish a cohort that `worker` holds, and give every member a run of its own; returns their ids.

    results: `members` holds each one's, in the cohort's order.

    Raises:
        LeaseLost: the cohort is no longer the worker's own.
        OutOfResources: the weights cannot be written.
    """
    entries = _entries(store.run(run_id).job, results)
    ids = [member_id(run_id, i) for i in range(len(entries))]
    folder = store.run_folder(run_id)
    for entry, id in zip(entries, ids, strict=True):
        _link_weights(folder, store.run_folder(id), entry)
    with store.writing() as db:
        row = held_row(db, run_id, worker)
        record = _CohortRecord(db, row)
        for entry, id, member_results in zip(entries, ids, results["members"], strict=True):
            record.copy_to_member(entry, id, member_results)
        trials = {"trials": results["trials"]} if "trials" in results else {}
        record.finish({"members": ids} | trials)
    for path in folder.glob("*.safetensors"):
        path.unlink()
    return ids


def _entries(job: TrainingJob, results: Mapping[str, Any]) -> list[CohortEntry]:
    """The members: those of a search are known at its end, from its results."""
    if isinstance(job, CohortSpec):
        return job.entries
    return [
        CohortEntry(Experiment.from_json(entry["experiment"]), entry["role"], entry["twin"], 0)
        for entry in results["entries"]
    ]


class _CohortRecord:
    """A cohort's rows, read once for all its members, within one transaction."""

    def __init__(self, db: sqlite3.Connection, row: sqlite3.Row) -> None:
        self.db, self.row = db, row
        roles = db.execute("SELECT DISTINCT role FROM points WHERE run = ?", [row["number"]]).fetchall()
        self.roles: list[str] = [role["role"] for role in roles]
        events = db.execute("SELECT seq, kind, phase, payload FROM events WHERE run = ?", [row["number"]])
        self.events = [(seq, kind, phase, json.loads(payload)) for seq, kind, phase, payload in events]

    def copy_to_member(self, entry: CohortEntry, run_id: str, results: Mapping[str, Any]) -> None:
        """Insert a member's finished run, with its points and events; a failed one where it diverged."""
        sentence = results.get(DIVERGED, "")
        values = {name: self.row[name] for name in COPIED} | {
            "id": run_id,
            "status": "failed" if sentence else "finished",
            "error": entry.named_alone(sentence),
            "experiment": entry.experiment.to_json(),
            "hash": entry.experiment.hash,
            "finished": time.time(),
            "results": json.dumps({DIVERGED: sentence} if sentence else results),
        }
        marks = ", ".join("?" * len(values))
        number = self.db.execute(
            f"INSERT INTO runs ({', '.join(values)}) VALUES ({marks})", [*values.values()]
        ).lastrowid
        self._copy_points(entry, number)
        self.db.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
            [(number, *event) for event in self._events_of(entry)],
        )

    def _copy_points(self, entry: CohortEntry, number: int | None) -> None:
        names = {role: own for role in self.roles if (own := entry.own_role(role)) is not None}
        if not names:
            return
        cases = " ".join("WHEN ? THEN ?" for _ in names)
        marks = ", ".join("?" * len(names))
        self.db.execute(
            f"INSERT INTO points SELECT ?, seq, step, epoch, phase, CASE role {cases} END, series, value, time "
            f"FROM points WHERE run = ? AND role IN ({marks})",
            [number, *(name for pair in names.items() for name in pair), self.row["number"], *names],
        )

    def _events_of(self, entry: CohortEntry) -> list[tuple[int, str, str, str]]:
        """A member's events and those that belong to no network, under the names of a run of its own."""
        events = []
        for seq, kind, phase, payload in self.events:
            if "role" in payload:
                if (own := entry.own_role(payload["role"])) is None:
                    continue
                payload = payload | {"role": own}
            events.append((seq, kind, phase, json.dumps(payload)))
        return events

    def finish(self, results: Mapping[str, Any]) -> None:
        """Finish the cohort's run. Its members have the curves now: it need not hold them a second time."""
        for table in ("points", "events"):
            self.db.execute(f"DELETE FROM {table} WHERE run = ?", [self.row["number"]])
        self.db.execute(
            "UPDATE runs SET status = 'finished', finished = ?, results = ?, worker = '', parent = '', "
            "cuts = cuts + 1 WHERE number = ?",
            [time.time(), json.dumps(results), self.row["number"]],
        )


def _link_weights(cohort: Path, member: Path, entry: CohortEntry) -> None:
    """Give a member's folder its weights and its twin's, as links to the cohort's files where the disk has such."""
    try:
        member.mkdir(exist_ok=True)
        for path in cohort.glob("*.safetensors"):
            if (name := entry.own_role(path.stem)) is not None:
                _link(path, member / f"{name}.safetensors")
    except OSError as error:
        raise unwritable(member, error) from error


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # no hard links on this disk
        shutil.copyfile(source, target)
