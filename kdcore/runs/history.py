"""The runs as they are looked for: found by words and filters, in any order, marked, and cleaned up.

Everything is asked of the summaries that the database keeps (`kdcore.runs.schema`), so that ten thousand runs are
looked through in some milliseconds.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from kdcore.errors import RunRefused
from kdcore.experiment import FLAT_FIELDS
from kdcore.runs.store import RUN_ID, Store, digest
from kdcore.texts import N_

KEEP_DELETED = 7 * 24 * 3600.0
"""For so many seconds a deletion can be undone."""
MOST_TAGS, LONGEST_TAG, LONGEST_NOTE = 12, 40, 2000
DAY = 24 * 3600.0

PARTED = "sweep != '' AND status = 'finished' AND student_errors IS NULL"
"""A sweep's record that has ended: every member has a run of its own by then, and stands there in its place."""

SHORT = {
    "t": "temperature",
    "weight": "teacher weight",
    "weight on teacher": "teacher weight",
    "seed": "init seed",
}
PATHS = {
    name.replace("_", " "): f"$.{'.'.join(entry.path)}"
    for name, entry in FLAT_FIELDS.items()
    if name == "count"
    or (isinstance(entry.default, int | float | tuple) and not isinstance(entry.default, bool))
}
"""Where the experiment's numbers stand in its JSON, by what they are called."""
CALLED = "|".join(sorted({*SHORT, *PATHS}, key=len, reverse=True)).replace(" ", "[ _]")
SAID = re.compile(rf"\b({CALLED})[\s=]+([0-9.]+(?:e-?[0-9]+)?)(?![\w.])")
"""A setting as it is shown: T = 20, weight 0.9, seed 3, omit = 3, label noise = 0.2."""
HAS = (
    "EXISTS (SELECT 1 FROM runs AS asked, json_each(asked.experiment, ?) AS said "
    "WHERE asked.number = summaries.run AND printf('%g', said.value) = ?)"
)
"""Whether a number of the experiment, or one of its list of numbers, is this."""

Kind = Literal["deleted", "unfinished", "all"]
KINDS: dict[Kind, str] = {
    "deleted": "deleted IS NOT NULL",
    "unfinished": "(deleted IS NOT NULL OR status IN ('stopped', 'failed', 'lost'))",
    "all": "(deleted IS NOT NULL OR status NOT IN ('queued', 'running', 'paused', 'parked'))",
}
"""What a clean-up takes: what was deleted; also what never finished; whatever has ended."""


@dataclass(frozen=True)
class SortOrder:
    """A way to sort: the summary's column, what it is called, and whether the greatest come first of themselves.

    shared: by the column's share of the test images, since runs on different data stand in one list.
    """

    column: str
    title: str
    falling: bool = False
    shared: bool = False


ORDERS = {
    "date": SortOrder("created", N_("date"), falling=True),
    "student": SortOrder("student_errors", N_("student's errors"), shared=True),
    "twin": SortOrder("twin_errors", N_("twin's errors"), shared=True),
    "gain": SortOrder("gain", N_("gain over the twin"), falling=True),
    "accuracy": SortOrder("accuracy", N_("accuracy"), falling=True),
    "nll": SortOrder("nll", N_("NLL")),
    "ece": SortOrder("ece", N_("calibration error")),
    "teacher": SortOrder("teacher_errors", N_("teacher's errors"), shared=True),
    "temperature": SortOrder("temperature", N_("temperature")),
    "duration": SortOrder("seconds", N_("duration")),
    "title": SortOrder("title", N_("title")),
}
"""What runs can be sorted by. Runs without the figure come last, either way."""


@dataclass(frozen=True)
class HistoryFilter:
    """What is looked for; an empty field asks for nothing.

    words: each must stand in a run's id, title, note, tags, dataset, method, networks or a sweep's setting; "T = 20",
    "weight 0.9", "omit 3" and the like ask for that setting. owner: whose (not its digest). single: no members of sweeps.
    deleted: those that can be brought back, in place of the others. titles: what methods are called where the words
    are looked for, by their names.
    """

    words: str = ""
    status: str = ""
    dataset: str = ""
    method: str = ""
    tag: str = ""
    sweep: str = ""
    single: bool = False
    starred: bool = False
    owner: str = ""
    deleted: bool = False
    titles: Mapping[str, str] = field(default_factory=dict, compare=False)

    def where(self) -> tuple[str, list[Any]]:
        """An SQL condition on summaries, and its values."""
        parts = ["deleted IS NOT NULL" if self.deleted else "deleted IS NULL"]
        parts.append(f"NOT ({PARTED})")
        values: list[Any] = []
        for name in ("status", "dataset", "method", "sweep"):
            if value := getattr(self, name):
                parts.append(f"{name} = ?")
                values.append(value)
        if self.starred:
            parts.append("starred")
        if self.owner:
            parts.append("owner = ?")
            values.append(digest(self.owner))
        if self.tag:
            parts.append("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)")
            values.append(self.tag)
        if self.single:
            parts.append("sweep = ''")
        for part, said in self._asked():
            parts.append(part)
            values += said
        return " AND ".join(parts), values

    def _asked(self) -> Iterator[tuple[str, list[Any]]]:
        """The search's words as conditions: settings as they are shown, and words."""
        words = self.words.casefold()
        for said in SAID.finditer(words):
            if (value := _number(said[2])) is not None:
                called = said[1].replace("_", " ")
                path = PATHS[SHORT.get(called, called)]
                yield f"({HAS} OR instr(casefold(words), ?))", [path, f"{value:g}", said[0]]
                words = words.replace(said[0], " ")
        for word in filter(None, (one.strip(",·") for one in words.replace("=", " ").split())):
            called = [name for name, title in self.titles.items() if word in title.casefold()]
            marks = ", ".join("?" * len(called))
            yield f"(instr(casefold(words), ?) OR method IN ({marks}))", [word, *called]


@dataclass(frozen=True)
class Summary:
    """One line of the history. Times and `seconds` are in seconds; figures are None where the run was not tested.

    owner is a digest. done: the share of its present phase, None unless it is being trained. images: of the test split.
    gain: how many errors the student makes fewer than its twin. others: how many students were trained in the same loop,
    in the same `seconds`. whole: a record of a whole cohort. setting: what a member has of what its sweep varies.
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
    gain: int | None
    starred: bool
    tags: tuple[str, ...]
    note: str
    deleted: bool
    sweep: str
    others: int
    whole: bool
    setting: dict[str, Any]
    done: float | None


@dataclass(frozen=True)
class HistoryPage:
    """Some lines of what was found, and how many there are in all."""

    lines: tuple[Summary, ...]
    total: int


@dataclass(frozen=True)
class SweepRuns:
    """The runs of one sweep: its hash, its title, and how many there are."""

    id: str
    title: str
    runs: int


@dataclass(frozen=True)
class Facets:
    """What there is to filter by; the newest sweep first."""

    statuses: tuple[str, ...]
    datasets: tuple[str, ...]
    methods: tuple[str, ...]
    tags: tuple[str, ...]
    sweeps: tuple[SweepRuns, ...] = ()


@dataclass(frozen=True)
class Storage:
    """Bytes in the runs folder: the runs' own folders, the database, and what runs share (teachers, kept logits and answers)."""

    runs: int
    database: int
    shared: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.runs + self.database + self.shared


@dataclass(frozen=True)
class CleanUp:
    """What a clean-up takes: the runs, their folders' bytes, and how many runs of the same kind it leaves for their star."""

    run_ids: tuple[str, ...]
    bytes: int
    starred: int


class History:
    """All runs of a store, as they are looked for. Safe to use from any thread."""

    def __init__(self, store: Store) -> None:
        self.store = store

    # ---- finding ------------------------------------------------------------------------------------------------

    def find(
        self,
        wanted: HistoryFilter | None = None,
        *,
        order: str = "date",
        reverse: bool = False,
        limit: int = 100,
        offset: int = 0,
    ) -> HistoryPage:
        """Some of the runs that are wanted, in one of ORDERS, the newer first among equals; `reverse` turns it about.

        Raises:
            RunRefused: there is no such order.
        """
        where, values = (wanted or HistoryFilter()).where()
        by = _by(order, reverse)
        # Only numbers are sorted, so that what lies in the other lines need not be carried along.
        picked = f"SELECT run FROM summaries WHERE {where} ORDER BY {by} LIMIT ? OFFSET ?"
        with self.store.reading() as db:
            db.create_function("casefold", 1, str.casefold, deterministic=True)
            total = db.execute(f"SELECT COUNT(*) FROM summaries WHERE {where}", values).fetchone()[0]
            rows = db.execute(
                "SELECT summaries.*, progress, phase FROM summaries JOIN runs ON number = run "
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
                "SELECT sweep, title, COUNT(*) FROM summaries "
                f"WHERE deleted IS NULL AND sweep != '' AND NOT ({PARTED}) GROUP BY sweep ORDER BY MAX(run) DESC"
            ).fetchall()
        statuses, datasets, methods = (tuple(sorted({kind[i] for kind in kinds})) for i in range(3))
        return Facets(
            statuses,
            datasets,
            methods,
            tuple(sorted(row[0] for row in tags)),
            tuple(SweepRuns(*row) for row in sweeps),
        )

    def beginning(self, start: str, *, deleted: bool = False, limit: int = 2) -> list[str]:
        """The ids of runs that begin so."""
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

    # ---- marks --------------------------------------------------------------------------------------------------

    def mark(
        self,
        run_id: str,
        *,
        starred: bool | None = None,
        tags: Iterable[str] | None = None,
        note: str | None = None,
    ) -> None:
        """Change a run's star, its tags or its note; None leaves one as it is.

        Raises:
            RunRefused: the run is unknown, or a text is too long.
        """
        changes: dict[str, Any] = {}
        if starred is not None:
            changes["starred"] = int(starred)
        if tags is not None:
            changes["tags"] = json.dumps(tidy_tags(tags), ensure_ascii=False)
        if note is not None:
            changes["note"] = _tidy_note(note)
        self.store.run(run_id)
        if changes:
            names = ", ".join(f"{name} = ?" for name in changes)
            with self.store.writing() as db:
                db.execute(f"UPDATE runs SET {names} WHERE id = ?", [*changes.values(), run_id])

    # ---- room on the disk ---------------------------------------------------------------------------------------

    def storage(self) -> Storage:
        """What the runs folder holds."""
        runs = shared = database = 0
        for entry in os.scandir(self.store.folder):
            if not entry.is_dir(follow_symlinks=False):
                size = entry.stat(follow_symlinks=False).st_size
                database += size if entry.name.startswith("runs.sqlite3") else 0
                shared += 0 if entry.name.startswith("runs.sqlite3") else size
            elif RUN_ID.fullmatch(entry.name):
                runs += _bytes(Path(entry.path))
            else:
                shared += _bytes(Path(entry.path))
        return Storage(runs, database, shared)

    def to_clean(self, kind: Kind, *, owner: str | None = None, older: float = 0.0) -> CleanUp:
        """What a clean-up would take now: runs of a kind without a star, an owner's where one is given.

        A star keeps no run that was deleted.

        older: seconds that must have passed since a run was made, or since it was deleted.
        """
        where = f"{KINDS[kind]} AND COALESCE(deleted, created) <= ?"
        values: list[Any] = [time.time() - older]
        if owner is not None:
            where += " AND owner = ?"
            values.append(digest(owner))
        with self.store.reading() as db:
            rows = db.execute(f"SELECT id, starred, deleted FROM summaries WHERE {where}", values).fetchall()
        taken = tuple(row["id"] for row in rows if row["deleted"] or not row["starred"])
        size = sum(_bytes(self.store.run_folder(run_id)) for run_id in taken)
        return CleanUp(taken, size, len(rows) - len(taken))

    def clean_up(self, kind: Kind, *, owner: str | None = None, older: float = 0.0) -> CleanUp:
        """Remove for good what `to_clean` names; returns what was removed."""
        taken = self.to_clean(kind, owner=owner, older=older)
        self.store.purge(taken.run_ids)
        return taken

    def purge_old(self) -> None:
        """Remove for good what was deleted so long ago that nobody will want it back."""
        self.store.purge(self.to_clean("deleted", older=KEEP_DELETED).run_ids)


def tidy_tags(tags: Iterable[str]) -> list[str]:
    """Tags without blanks around them, each once.

    Raises:
        RunRefused: too many, or too long a one.
    """
    tidy = list(dict.fromkeys(" ".join(tag.split()) for tag in tags if tag.strip()))
    if len(tidy) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tidy):
        raise RunRefused(f"A run takes up to {MOST_TAGS} tags of up to {LONGEST_TAG} characters.")
    return tidy


def _tidy_note(note: str) -> str:
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise RunRefused(f"A note takes up to {LONGEST_NOTE:,} characters; this one has {len(note):,}.")
    return note


def _by(order: str, reverse: bool) -> str:
    if order not in ORDERS:
        raise RunRefused(f"Runs cannot be sorted by '{order}'; these they can: {', '.join(ORDERS)}.")
    chosen = ORDERS[order]
    way = "DESC" if chosen.falling != reverse else "ASC"
    value = f"summaries.{chosen.column}" + (" * 1.0 / summaries.images" if chosen.shared else "")
    return f"{value} IS NULL, {value} {way}, run DESC"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _summary(row: Any) -> Summary:
    values = {name: row[name] for name in row.keys() if name in Summary.__dataclass_fields__}  # noqa: SIM118
    return Summary(
        **values
        | {
            "starred": bool(row["starred"]),
            "tags": tuple(json.loads(row["tags"])),
            "deleted": row["deleted"] is not None,
            "whole": bool(row["whole"]),
            "setting": _setting(row),
            "done": _done(row),
        }
    )


def _setting(row: Any) -> dict[str, Any]:
    """In the order in which the sweep's title names the fields."""
    said: dict[str, Any] = json.loads(row["setting"])
    return {name: said[name] for name in sorted(said, key=lambda name: f"{row['title']} ".find(f" {name} "))}


def _done(row: Any) -> float | None:
    if row["status"] not in ("running", "paused"):
        return None
    progress = json.loads(row["progress"])
    if progress.get("phase") != row["phase"] or not progress.get("steps"):
        return 0.0
    return min(1.0, float(progress["step"]) / float(progress["steps"]))


def _bytes(folder: Path) -> int:
    """What the files in a folder take; one that goes away meanwhile takes nothing."""
    total = 0
    for place, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue
    return total
