"""One run's row in the database, read and changed within a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from kdcore.runs.runs_folder import unknown_run


def row_of(db: sqlite3.Connection, run_id: str) -> sqlite3.Row:
    """The row of a run that is not deleted.

    Raises:
        RunRefused: there is none of this id.
    """
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM runs WHERE id = ? AND deleted IS NULL", [run_id]
    ).fetchone()
    if row is None:
        raise unknown_run(run_id)
    return row


def number_of(db: sqlite3.Connection, run_id: str) -> int:
    """The number under which points, events and commands of a run are stored.

    Raises:
        RunRefused: there is no run of this id.
    """
    row = db.execute("SELECT number FROM runs WHERE id = ? AND deleted IS NULL", [run_id]).fetchone()
    if row is None:
        raise unknown_run(run_id)
    return int(row["number"])


def change_row(db: sqlite3.Connection, run_id: str, changes: Mapping[str, Any]) -> None:
    """Set columns of a run."""
    names = ", ".join(f"{name} = ?" for name in changes)
    db.execute(f"UPDATE runs SET {names} WHERE id = ?", [*changes.values(), run_id])
