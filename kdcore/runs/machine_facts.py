"""Small facts about this machine that every process on a runs folder shares, such as how fast it trains."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kdcore.runs.database import Database


class MachineFacts:
    """The facts in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, key: str) -> dict[str, Any] | None:
        """What was noted under this key, or None."""
        with self._database.reading() as db:
            row = db.execute("SELECT value FROM facts WHERE key = ?", [key]).fetchone()
        return None if row is None else dict(json.loads(row["value"]))

    def write(self, key: str, value: Mapping[str, Any]) -> None:
        """Note a fact, in place of an earlier one under this key."""
        with self._database.writing() as db:
            db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", [key, json.dumps(dict(value))])
