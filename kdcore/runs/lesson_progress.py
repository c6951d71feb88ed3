"""How far a browser has come in a lesson, and what it predicted: a step that is passed stays passed, a prediction as it was made."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from kdcore.runs.database import Database


@dataclass(frozen=True)
class PassedStep:
    """A step that is passed.

    Attributes:
        prediction: what was predicted, a JSON value; None for a step that asks nothing, or that was skipped.
        skipped: whether nothing was done.
    """

    prediction: Any = None
    skipped: bool = False


class LessonProgress:
    """The lessons of all browsers in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def passed(self, owner: str, lesson: str) -> dict[str, PassedStep]:
        """The steps of a lesson that this browser has passed, by their names."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT step, prediction, skipped FROM lesson_steps WHERE owner = ? AND lesson = ?",
                [owner, lesson],
            ).fetchall()
        return {row["step"]: PassedStep(json.loads(row["prediction"]), bool(row["skipped"])) for row in rows}

    def pass_step(self, owner: str, lesson: str, step: str, prediction: Any = None) -> None:
        """Note a step as passed with its prediction; what was noted before stays, but for a step that was only skipped."""
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO lesson_steps VALUES (?, ?, ?, ?, 0, ?) ON CONFLICT (owner, lesson, step) DO UPDATE "
                "SET prediction = excluded.prediction, skipped = 0, moment = excluded.moment WHERE skipped",
                [owner, lesson, step, json.dumps(prediction), time.time()],
            )

    def skip_step(self, owner: str, lesson: str, step: str) -> None:
        """Note a step as skipped, unless it is passed."""
        with self._database.writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO lesson_steps VALUES (?, ?, ?, 'null', 1, ?)",
                [owner, lesson, step, time.time()],
            )
