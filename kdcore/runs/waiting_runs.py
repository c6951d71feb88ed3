"""The runs that wait, in the order of their turns, and what their owner may do with all of them at once."""

from __future__ import annotations

import time

from kdcore.runs.database import Database
from kdcore.runs.run_record import Run, digest, run_from_row


class WaitingRuns:
    """The queued runs of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self) -> list[Run]:
        """The queued runs, whose turn is first at the front."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT runs.* FROM queue JOIN runs USING (id) WHERE deleted IS NULL ORDER BY turn, runs.queued"
            ).fetchall()
        return [run_from_row(row, place) for place, row in enumerate(rows, 1)]

    def cancel_waiting(self, owner: str) -> int:
        """Stop all queued runs of an owner; returns how many. What trains goes on."""
        with self._database.writing() as db:
            return db.execute(
                "UPDATE runs SET status = 'stopped', finished = ? WHERE status = 'queued' AND owner = ?",
                [time.time(), digest(owner)],
            ).rowcount
