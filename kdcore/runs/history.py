"""The runs as they are looked for: filtered, in any order, a page at a time.

Everything is read from the summaries that the database keeps (`kdcore.runs.schema`), so that ten thousand runs are
searched in some milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kdcore.errors import RunRefused
from kdcore.runs.history_filter import SHOWN_THROUGH_MEMBERS, HistoryFilter
from kdcore.runs.store import Store
from kdcore.texts import N_


@dataclass(frozen=True)
class SortOrder:
    """A way to sort.

    Attributes:
        column: of the summaries.
        title: its name on screen.
        falling: whether the greatest come first unless reversed.
        shared: sort by the column's share of the test images, since one list holds runs on different data.
        negated: the column holds the figure with the opposite sign.
        best_of: it lists what came out best: runs with a fault on purpose come last.
    """

    column: str
    title: str
    falling: bool = False
    shared: bool = False
    negated: bool = False
    best_of: bool = False


ORDERS = {
    "date": SortOrder("created", N_("date"), falling=True),
    "student": SortOrder("student_errors", N_("student's errors"), shared=True, best_of=True),
    "twin": SortOrder("twin_errors", N_("twin's errors"), shared=True, best_of=True),
    "difference": SortOrder("gain", N_("errors, student − twin"), negated=True, best_of=True),
    "accuracy": SortOrder("accuracy", N_("accuracy"), falling=True, best_of=True),
    "nll": SortOrder("nll", N_("NLL"), best_of=True),
    "ece": SortOrder("ece", N_("calibration error"), best_of=True),
    "teacher": SortOrder("teacher_errors", N_("teacher's errors"), shared=True, best_of=True),
    "temperature": SortOrder("temperature", N_("temperature")),
    "duration": SortOrder("seconds", N_("duration")),
    "title": SortOrder("title", N_("title")),
}
"""What runs can be sorted by. Runs without the figure come last, in either direction."""


FROM_EXPERIMENT = (
    "json_extract(experiment, '$.omit') AS omit, json_extract(experiment, '$.count') AS count, "
    "json_extract(experiment, '$.recipe.epochs') AS epochs"
)
"""What is read of an experiment for the lines of one page only; nobody sorts or filters by it."""


@dataclass(frozen=True)
class Summary:
    """One line of the history; figures are None where the run was not tested.

    Attributes:
        owner: a digest.
        created: in seconds since 1970.
        seconds: for how long it was trained.
        images: of the test split.
        difference: the student's errors less its twin's; below zero is better.
        sweep: the hash of the sweep it belongs to; empty for none.
        others: how many other students were trained in the same loop, in the same `seconds`.
        whole: whether it is the record of a whole cohort.
        varied: the fields that its sweep varies, in the sweep's order.
        setting: what a member of a sweep has of them.
        fault: the one on purpose, or the riddle of it; empty of a sound run.
        omit: the classes that its transfer set leaves out.
        count: how many images it takes; None for all, or for a fraction.
        epochs: for how many it was to be trained.
        done: the share of its present phase; None unless it is being trained.
    """

    id: str
    owner: str
    title: str
    status: str
    created: float
    seconds: float | None
    dataset: str
    method: str
    teacher: str
    student: str
    temperature: float
    weight: float
    seed: int
    student_errors: int | None
    twin_errors: int | None
    teacher_errors: int | None
    images: int | None
    accuracy: float | None
    nll: float | None
    ece: float | None
    difference: int | None
    starred: bool
    tags: tuple[str, ...]
    note: str
    deleted: bool
    sweep: str
    others: int
    whole: bool
    varied: tuple[str, ...]
    setting: dict[str, Any]
    fault: str
    omit: tuple[int, ...]
    count: int | None
    epochs: int | None
    done: float | None


@dataclass(frozen=True)
class HistoryPage:
    """Some of the runs that were found, and how many there are in all."""

    lines: tuple[Summary, ...]
    total: int


@dataclass(frozen=True)
class SweepRuns:
    """The runs of one sweep: its hash, the fields that it varies, and how many there are."""

    id: str
    varied: tuple[str, ...]
    runs: int


@dataclass(frozen=True)
class Facets:
    """The values that runs can be filtered by; the newest sweep first."""

    statuses: tuple[str, ...]
    datasets: tuple[str, ...]
    methods: tuple[str, ...]
    tags: tuple[str, ...]
    sweeps: tuple[SweepRuns, ...] = ()


class History:
    """All runs of a store. Safe to use from any thread."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def find(
        self,
        wanted: HistoryFilter | None = None,
        *,
        order: str = "date",
        reverse: bool = False,
        limit: int = 100,
        offset: int = 0,
    ) -> HistoryPage:
        """Some of the runs that are wanted, in one of ORDERS, the newer first among equals; `reverse` reverses it.

        Raises:
            RunRefused: there is no such order.
        """
        where, values = (wanted or HistoryFilter()).where()
        by = _order_by(order, reverse)
        # Only numbers are sorted: the other columns are read for the lines of this page alone.
        picked = f"SELECT run FROM summaries WHERE {where} ORDER BY {by} LIMIT ? OFFSET ?"
        with self.store.reading() as db:
            db.create_function("casefold", 1, str.casefold, deterministic=True)
            total = db.execute(f"SELECT COUNT(*) FROM summaries WHERE {where}", values).fetchone()[0]
            rows = db.execute(
                f"SELECT summaries.*, progress, phase, {FROM_EXPERIMENT} FROM summaries JOIN runs ON number = run "
                f"WHERE run IN ({picked}) ORDER BY {by}",
                [*values, max(0, limit), max(0, offset)],
            ).fetchall()
        return HistoryPage(tuple(map(_summary, rows)), int(total))

    def facets(self) -> Facets:
        """The statuses, datasets, methods, tags and sweeps of the runs that there are."""
        with self.store.reading() as db:
            kinds = db.execute(
                "SELECT DISTINCT status, dataset, method FROM summaries WHERE deleted IS NULL"
            ).fetchall()
            tags = db.execute("SELECT DISTINCT value FROM summaries, json_each(tags) WHERE deleted IS NULL AND tags != '[]'").fetchall()  # fmt: skip
            sweeps = db.execute(
                "SELECT sweep, varied, COUNT(*) FROM summaries "
                f"WHERE deleted IS NULL AND sweep != '' AND NOT ({SHOWN_THROUGH_MEMBERS}) GROUP BY sweep ORDER BY MAX(run) DESC"
            ).fetchall()
        statuses, datasets, methods = (tuple(sorted({kind[i] for kind in kinds})) for i in range(3))
        return Facets(
            statuses,
            datasets,
            methods,
            tuple(sorted(row[0] for row in tags)),
            tuple(SweepRuns(id, tuple(json.loads(varied)), runs) for id, varied, runs in sweeps),
        )

    def beginning(self, start: str, *, deleted: bool = False, limit: int = 2) -> list[str]:
        """The ids of runs that begin with `start`."""
        with self.store.reading() as db:
            rows = db.execute(
                "SELECT id FROM summaries WHERE substr(id, 1, ?) = ? AND (deleted IS NOT NULL) = ? LIMIT ?",
                [len(start), start, deleted, limit],
            )
            return [row["id"] for row in rows]

    def owner(self, run_id: str) -> str:
        """The digest of whoever started the run, though it was deleted; empty where there is no such run."""
        with self.store.reading() as db:
            row = db.execute("SELECT owner FROM runs WHERE id = ?", [run_id]).fetchone()
        return row["owner"] if row else ""


def _order_by(order: str, reverse: bool) -> str:
    if order not in ORDERS:
        raise RunRefused(f"Runs cannot be sorted by '{order}'; choose one of {', '.join(ORDERS)}.")
    chosen = ORDERS[order]
    direction = "DESC" if chosen.falling != reverse else "ASC"
    sign = "-" if chosen.negated else ""
    value = f"{sign}summaries.{chosen.column}" + (" * 1.0 / summaries.images" if chosen.shared else "")
    faults_last = "summaries.fault != '', " if chosen.best_of else ""
    return f"{faults_last}{value} IS NULL, {value} {direction}, run DESC"


def _summary(row: Any) -> Summary:
    values = {name: row[name] for name in row.keys() if name in Summary.__dataclass_fields__}  # noqa: SIM118
    return Summary(
        **values
        | {
            "difference": None if row["gain"] is None else -row["gain"],
            "starred": bool(row["starred"]),
            "tags": tuple(json.loads(row["tags"])),
            "deleted": row["deleted"] is not None,
            "whole": bool(row["whole"]),
            "varied": tuple(varied := json.loads(row["varied"])),
            "setting": _in_order(json.loads(row["setting"]), varied),
            "omit": tuple(json.loads(row["omit"] or "[]")),
            "done": _done(row),
        }
    )


def _in_order(setting: Mapping[str, Any], varied: Iterable[str]) -> dict[str, Any]:
    return {name: setting[name] for name in varied if name in setting}


def _done(row: Any) -> float | None:
    if row["status"] not in ("running", "paused"):
        return None
    progress = json.loads(row["progress"])
    if progress.get("phase") != row["phase"] or not progress.get("steps"):
        return 0.0
    return min(1.0, float(progress["step"]) / float(progress["steps"]))
