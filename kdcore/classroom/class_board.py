"""The board: all runs of a class as narrow rows, read a few times a second for everybody who watches."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from kdcore.runs.database import Database

MOST_ON_BOARD = 2000


@dataclass(frozen=True)
class BoardRun:
    """A run on the board.

    Attributes:
        id: of the run.
        member: the number of the student; 0 of a run whose student is not there any more.
        status: as its record has it.
        dataset, method, student: of its experiment.
        temperature, weight: likewise.
        share: of its training that is done, 0 to 1.
        errors, twin_errors, teacher_errors, images: of test images; None until it has finished.
        nll: of its student, in nats an image; None until it has finished.
        created: seconds since 1970.
    """

    id: str
    member: int
    status: str
    dataset: str
    method: str
    student: str
    temperature: float
    weight: float
    share: float
    errors: int | None
    twin_errors: int | None
    teacher_errors: int | None
    images: int | None
    nll: float | None
    created: float


class ClassBoard:
    """The runs of all classes in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def runs(self, code: str) -> list[BoardRun]:
        """The newest runs of a class, oldest first."""
        with self._database.reading() as db:
            return board_runs(db, code)


def board_runs(db: sqlite3.Connection, code: str) -> list[BoardRun]:
    """The newest runs of a class, oldest first; not those of a whole sweep, whose members are there one by one."""
    rows = db.execute(
        "SELECT s.*, runs.progress, COALESCE(m.number, 0) AS member FROM runs JOIN summaries AS s ON s.run = runs.number "
        "LEFT JOIN class_members AS m ON m.class = runs.classroom AND m.owner = runs.owner "
        "WHERE runs.classroom = ? AND runs.deleted IS NULL AND NOT s.whole ORDER BY runs.number DESC LIMIT ?",
        [code, MOST_ON_BOARD],
    ).fetchall()
    return [_board_run(row) for row in reversed(rows)]


def _board_run(row: sqlite3.Row) -> BoardRun:
    return BoardRun(
        row["id"], row["member"], row["status"], row["dataset"], row["method"], row["student"], row["temperature"],
        row["weight"], _share(row), row["student_errors"], row["twin_errors"], row["teacher_errors"], row["images"],
        row["nll"], row["created"],
    )  # fmt: skip


def _share(row: sqlite3.Row) -> float:
    if row["status"] == "finished":
        return 1.0
    progress = json.loads(row["progress"])
    steps = progress.get("steps") or 0
    return min(1.0, progress.get("step", 0) / steps) if steps and progress.get("phase") == "students" else 0.0
