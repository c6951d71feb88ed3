"""What a lecturer does with all of the class's runs at once: hold them, let them go on, empty the queue."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import suppress

from kdcore.classroom.class_table import change_class, refuse_others
from kdcore.errors import RunRefused
from kdcore.events import Command
from kdcore.runs.run_record import digest
from kdcore.runs.store import Store


class ClassQueue:
    """The runs of the classes of one store that train or wait."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def pause(self, code: str, browser: str) -> int:
        """Have everything of the class stand still, and nothing of it begin; returns how many runs were held.

        Raises:
            ClassRefused: the browser is not the lecturer's.
        """
        with self._store.writing() as db:
            refuse_others(db, code, digest(browser))
            running = _of_class(db, code, "running")
            held = db.execute("SELECT held FROM classes WHERE code = ?", [code]).fetchone()["held"]
            change_class(db, code, {"paused": 1, "held": sorted({*json.loads(held), *running})})
        for run_id in running:
            with suppress(RunRefused):  # it ended in this moment
                self._store.command(run_id, Command("pause"))
        return len(running)

    def go_on(self, code: str, browser: str) -> int:
        """Let go on what a pause has held; returns how many runs. What a student had paused stays as it was.

        Raises:
            ClassRefused: the browser is not the lecturer's.
        """
        with self._store.writing() as db:
            refuse_others(db, code, digest(browser))
            held = json.loads(
                db.execute("SELECT held FROM classes WHERE code = ?", [code]).fetchone()["held"]
            )
            change_class(db, code, {"paused": 0, "held": []})
        for run_id in held:
            with suppress(RunRefused):  # it was deleted, stopped or has ended meanwhile
                if self._store.run(run_id).status == "parked":
                    self._store.requeue(run_id)
                else:
                    self._store.command(run_id, Command("resume"))
        return len(held)

    def clear(self, code: str, browser: str) -> int:
        """Stop whatever of the class waits; returns how many runs. What trains goes on.

        Raises:
            ClassRefused: the browser is not the lecturer's.
        """
        with self._store.writing() as db:
            refuse_others(db, code, digest(browser))
            return db.execute(
                "UPDATE runs SET status = 'stopped', finished = ? WHERE status = 'queued' AND classroom = ?",
                [time.time(), code],
            ).rowcount


def _of_class(db: sqlite3.Connection, code: str, status: str) -> list[str]:
    rows = db.execute("SELECT id FROM runs WHERE classroom = ? AND status = ?", [code, status]).fetchall()
    return [row["id"] for row in rows]
