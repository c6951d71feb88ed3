"""What is asked beyond the queue's own bounds before a run is queued or changed: by the class of whoever asks, where there is one."""

from __future__ import annotations

import sqlite3
from typing import Protocol

from kdcore.events import Command
from kdcore.runs.training_job import TrainingJob


class StartRules(Protocol):
    """Rules over the database in whose transaction a run is queued; owners are digests."""

    def classroom_of(self, db: sqlite3.Connection, owner: str) -> str:
        """The code of the class in which the owner's run begins; empty for none."""
        ...

    def refuse_start(self, db: sqlite3.Connection, owner: str, job: TrainingJob, sweep: str) -> None:
        """Refuse what may not be queued.

        Raises:
            StillroomError: why, in a sentence.
        """
        ...

    def refuse_command(self, db: sqlite3.Connection, owner: str, command: Command) -> None:
        """Refuse what a run may not be told.

        Raises:
            StillroomError: why, in a sentence.
        """
        ...

    def purge(self, db: sqlite3.Connection) -> None:
        """Remove what need not be kept any longer."""
        ...


class NoRules:
    """Of a folder without classes: everything may be started."""

    def classroom_of(self, db: sqlite3.Connection, owner: str) -> str:
        """Nobody is in a class."""
        return ""

    def refuse_start(self, db: sqlite3.Connection, owner: str, job: TrainingJob, sweep: str) -> None:
        """Nothing is refused."""

    def refuse_command(self, db: sqlite3.Connection, owner: str, command: Command) -> None:
        """Nothing is refused."""

    def purge(self, db: sqlite3.Connection) -> None:
        """Nothing is kept."""
