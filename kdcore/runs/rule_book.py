"""The rules over one database, asked outside of the transactions in which runs are queued."""

from __future__ import annotations

from kdcore.events import Command
from kdcore.runs.database import Database
from kdcore.runs.run_record import digest
from kdcore.runs.start_rules import StartRules


class RuleBook:
    """Rules, and the database by which they judge."""

    def __init__(self, database: Database, rules: StartRules) -> None:
        self._database, self._rules = database, rules

    def refuse_command(self, owner: str, command: Command) -> None:
        """Refuse what a run of this owner may not be told.

        Raises:
            StillroomError: why, in a sentence.
        """
        with self._database.reading() as db:
            self._rules.refuse_command(db, digest(owner), command)

    def purge(self) -> None:
        """Remove what need not be kept any longer."""
        with self._database.writing() as db:
            self._rules.purge(db)
