"""Commands to a run: checked, queued for the worker that trains it, and taken by that worker."""

from __future__ import annotations

import time
from typing import get_args, get_type_hints

from kdcore.errors import InvalidExperiment, RunRefused
from kdcore.events import Command
from kdcore.experiment import HOT_FIELDS, Experiment
from kdcore.runs.database import Database
from kdcore.runs.run_record import LIVE
from kdcore.runs.run_rows import change_row, number_of, row_of

COMMAND_KINDS = get_args(get_type_hints(Command)["kind"])
FASTEST_PACE = 1000.0


class CommandQueue:
    """The commands in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def send(self, run_id: str, command: Command) -> None:
        """Send a command to a run; one that no worker holds can only be stopped.

        Raises:
            RunRefused: the run cannot do this in its state.
            InvalidExperiment: a setting that cannot change mid-run, or a value out of its bounds.
        """
        with self._database.writing() as db:
            row = row_of(db, run_id)
            _check(command, Experiment.from_json(row["experiment"]))
            if (row["sweep"] or row["kind"] != "experiment") and command.kind == "set":
                raise RunRefused(
                    "The settings of a sweep cannot change while it trains. Start another sweep."
                )
            if (row["sweep"] or row["kind"] != "experiment") and command.kind == "pace":
                raise RunRefused("A sweep trains as fast as it can.")
            if row["status"] in LIVE:
                db.execute(
                    "INSERT INTO commands (run, kind, setting, value) VALUES (?, ?, ?, ?)",
                    [row["number"], command.kind, command.setting, command.value],
                )
            elif command.kind == "stop" and row["status"] in ("queued", "parked", "lost"):
                change_row(db, run_id, {"status": "stopped", "finished": time.time()})
            else:
                raise RunRefused(
                    f"This run is {row['status']}: there is nothing to {command.kind.replace('_', ' a ')}."
                )

    def take(self, run_id: str) -> list[Command]:
        """The commands that came since the last call, oldest first."""
        with self._database.reading() as db:
            number = number_of(db, run_id)
            if db.execute("SELECT 1 FROM commands WHERE run = ?", [number]).fetchone() is None:
                return []
        with self._database.writing() as db:
            rows = db.execute(
                "SELECT kind, setting, value FROM commands WHERE run = ? ORDER BY seq", [number]
            ).fetchall()
            db.execute("DELETE FROM commands WHERE run = ?", [number])
        return [Command(*row) for row in rows]


def _check(command: Command, experiment: Experiment) -> None:
    if command.kind not in COMMAND_KINDS or command.kind == "begin_paused":
        raise RunRefused(f"A run cannot be told to '{command.kind}'.")
    if command.kind == "pace" and not 0 <= command.value <= FASTEST_PACE:
        raise RunRefused(
            f"A pace is a number of steps a second, up to {FASTEST_PACE:g}; 0 for as fast as it goes."
        )
    if command.kind == "set":
        if command.setting not in HOT_FIELDS:
            raise InvalidExperiment(
                f"{command.setting} cannot change while a run goes on; these can: {', '.join(HOT_FIELDS)}. Start a new run."
            )
        experiment.with_flat(**{command.setting: command.value})
