"""What a class predicted in a lesson, counted: nobody's answer by name."""

from __future__ import annotations

import json
from typing import Any

from kdcore.runs.database import Database
from kdcore.runs.run_record import digest


class ClassPredictions:
    """The lessons' predictions of the classes of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def made(self, code: str, lesson: str) -> dict[str, list[Any]]:
        """What the class's members predicted at each step of a lesson, since the class was made."""
        with self._database.reading() as db:
            members = {
                row["owner"]
                for row in db.execute("SELECT owner FROM class_members WHERE class = ?", [code]).fetchall()
            }
            rows = db.execute(
                "SELECT owner, step, prediction FROM lesson_steps WHERE lesson = ? AND NOT skipped "
                "AND prediction != 'null' AND moment >= (SELECT created FROM classes WHERE code = ?)",
                [lesson, code],
            ).fetchall()
        found: dict[str, list[Any]] = {}
        for row in rows:
            # Lessons keep a browser's id, a class its digest.
            if digest(row["owner"]) in members:
                found.setdefault(row["step"], []).append(json.loads(row["prediction"]))
        return found
