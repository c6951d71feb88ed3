"""The end of a cohort: every member becomes a finished run of its own, found by its experiment's hash as any other.

Its curves, results and weights stand there under the names that a run of its own would give them; the cohort's record keeps
their ids. Members' ids follow from the cohort's, so that an end that was cut off is simply done again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kdcore.experiment import Experiment
from kdcore.pipelines.cohort_spec import CohortEntry, CohortSpec
from kdcore.runs.checkpoints import unwritable
from kdcore.runs.store import RUN_ID, LeaseLost, Store
from kdcore.system.processes import Process

COPIED = (
    "owner", "title", "created", "queued", "started", "device", "threads", "phase", "seq", "sweep", "active",
)  # fmt: skip
"""What a member's run takes over from its cohort's."""


def member_id(run_id: str, number: int) -> str:
    """The id of the run of a cohort's member: known to whoever knows the cohort's."""
    return next(found for found in _ids(f"{run_id}/{number}") if RUN_ID.fullmatch(found))


def _ids(seed: str) -> Iterator[str]:
    while True:
        seed = hashlib.sha256(seed.encode()).hexdigest()
        yield base64.urlsafe_b64encode(bytes.fromhex(seed))[:22].decode()


def part(store: Store, run_id: str, results: Mapping[str, Any], worker: Process) -> list[str]:
    """End a cohort that `worker` holds, as finished, and give every member a run of its own; returns their ids.

    results: `members` holds each one's, in the cohort's order.

    Raises:
        LeaseLost: the cohort is no longer the worker's own.
        OutOfResources: the weights cannot be written.
    """
    places = _places(store.run(run_id).cohort, results)
    ids = [member_id(run_id, i) for i in range(len(places))]
    for place, own in zip(places, ids, strict=True):
        _hand_over_weights(store.run_folder(run_id), store.run_folder(own), place)
    with store.writing() as db:
        row = db.execute(
            "SELECT * FROM runs WHERE id = ? AND worker = ? AND status IN ('running', 'paused')",
            [run_id, str(worker)],
        ).fetchone()
        if row is None:
            raise LeaseLost(f"The run {run_id} was given to another worker, or deleted.")
        said = _Said(db, row["number"])
        for place, own, found in zip(places, ids, results["members"], strict=True):
            _note_member(db, row, place, own, found, said)
        further = {"trials": results["trials"]} if "trials" in results else {}
        _note_end(db, row, {"members": ids} | further)
    for left in store.run_folder(run_id).glob("*.safetensors"):
        left.unlink()
    return ids


def _places(cohort: str, results: Mapping[str, Any]) -> list[CohortEntry]:
    """The members: a search tells at its end who they were."""
    if "entries" not in results:
        return CohortSpec.from_json(cohort).entries
    said = [(Experiment.from_json(p["experiment"]), p["role"], p["twin"]) for p in results["entries"]]
    return [CohortEntry(experiment, role, twin, 0) for experiment, role, twin in said]


class _Said:
    """What a cohort has said, read once for all its members."""

    def __init__(self, db: sqlite3.Connection, number: int) -> None:
        roles = db.execute("SELECT DISTINCT role FROM points WHERE run = ?", [number]).fetchall()
        self.roles: list[str] = [row["role"] for row in roles]
        rows = db.execute("SELECT seq, kind, phase, payload FROM events WHERE run = ?", [number]).fetchall()
        self.events = [(seq, kind, phase, json.loads(payload)) for seq, kind, phase, payload in rows]

    def events_of(self, place: CohortEntry) -> list[tuple[int, str, str, str]]:
        """The events of a member and those that are nobody's own, under the names of a run of its own."""
        found = []
        for seq, kind, phase, payload in self.events:
            if "role" in payload:
                if (own := place.own_role(payload["role"])) is None:
                    continue
                payload = payload | {"role": own}
            found.append((seq, kind, phase, json.dumps(payload)))
        return found


def _note_member(
    db: sqlite3.Connection,
    cohort: sqlite3.Row,
    place: CohortEntry,
    run_id: str,
    results: Mapping[str, Any],
    said: _Said,
) -> None:
    values = {name: cohort[name] for name in COPIED} | {
        "id": run_id,
        "status": "finished",
        "experiment": place.experiment.to_json(),
        "hash": place.experiment.hash,
        "finished": time.time(),
        "results": json.dumps(results),
    }
    marks = ", ".join("?" * len(values))
    number = db.execute(
        f"INSERT INTO runs ({', '.join(values)}) VALUES ({marks})", [*values.values()]
    ).lastrowid
    names = {role: own for role in said.roles if (own := place.own_role(role)) is not None}
    _copy_points(db, cohort["number"], number, names)
    db.executemany(
        "INSERT INTO events VALUES (?, ?, ?, ?, ?)", [(number, *event) for event in said.events_of(place)]
    )


def _copy_points(db: sqlite3.Connection, source: int, target: int | None, names: Mapping[str, str]) -> None:
    if not names:
        return
    cases = " ".join("WHEN ? THEN ?" for _ in names)
    marks = ", ".join("?" * len(names))
    db.execute(
        f"INSERT INTO points SELECT ?, seq, step, epoch, phase, CASE role {cases} END, series, value "
        f"FROM points WHERE run = ? AND role IN ({marks})",
        [target, *(word for pair in names.items() for word in pair), source, *names],
    )


def _note_end(db: sqlite3.Connection, cohort: sqlite3.Row, results: Mapping[str, Any]) -> None:
    """The members have the curves now: the cohort's record need not hold them a second time."""
    for table in ("points", "events"):
        db.execute(f"DELETE FROM {table} WHERE run = ?", [cohort["number"]])
    db.execute(
        "UPDATE runs SET status = 'finished', finished = ?, results = ?, worker = '', parent = '', cuts = cuts + 1 "
        "WHERE number = ?",
        [time.time(), json.dumps(results), cohort["number"]],
    )


def _hand_over_weights(cohort: Path, own: Path, place: CohortEntry) -> None:
    """A member's weights and its twin's: links to the cohort's files where the disk has such, which are removed later."""
    try:
        own.mkdir(exist_ok=True)
        for path in cohort.glob("*.safetensors"):
            if (name := place.own_role(path.stem)) is not None:
                _link(path, own / f"{name}.safetensors")
    except OSError as error:
        raise unwritable(own, error) from error


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # no hard links on this disk
        shutil.copyfile(source, target)


def curves_of(
    store: Store, run_ids: Sequence[str], series: str
) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """One series of the students' phase for many runs at once: by run and role, (epoch, value) oldest first."""
    found: dict[str, dict[str, list[tuple[float, float]]]] = {}
    with store.reading() as db:
        marks = ", ".join("?" * len(run_ids))
        rows = db.execute(
            "SELECT runs.id, role, epoch, value FROM points JOIN runs ON runs.number = points.run "
            f"WHERE runs.id IN ({marks}) AND series = ? AND points.phase = 'students' ORDER BY points.run, points.seq",
            [*run_ids, series],
        )
        for run_id, role, epoch, value in rows:
            found.setdefault(run_id, {}).setdefault(role, []).append((epoch, value))
    return found
