"""Which owners are there: what waits for somebody who has been gone for ten minutes is taken out of the queue.

An owner who never was seen, such as a shell, is never gone. Several servers may share a folder: each writes down whom it
sees, and a server that has just started gives everybody the same ten minutes to come back.
"""

from __future__ import annotations

import threading
import time
from collections import Counter

from kdcore.runs.database import Database
from kdcore.runs.run_record import digest
from kdcore.texts import N_

GONE_SECONDS = 600.0
NOTE_SECONDS = 30.0
"""Between two notes that an owner is still there."""
GONE = N_("Cancelled while it waited: its browser was gone for ten minutes. Resume queues it again.")


class OwnerPresence:
    """The owners that this process sees, and the queued runs of those whom nobody sees any more."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._here: Counter[str] = Counter()
        self._news: set[str] = set()
        self._began = time.monotonic()
        self._noted = float("-inf")

    def arrive(self, owner: str) -> None:
        """One more connection of an owner's; returns at once."""
        with self._lock:
            self._here[digest(owner)] += 1
            self._news.add(digest(owner))

    def leave(self, owner: str) -> None:
        """One connection of an owner's less; returns at once."""
        with self._lock:
            self._here[digest(owner)] -= 1
            self._here += Counter()  # without those that have no connection left
            self._news.add(digest(owner))

    def look_after(self, gone_seconds: float = GONE_SECONDS) -> None:
        """Write down who is here, and cancel what waits for those who are gone. Called a few times a second."""
        now = time.monotonic()
        with self._lock:
            due = now - self._noted >= NOTE_SECONDS
            seen = [*(self._news | set(self._here) if due else self._news)]
            self._news.clear()
        if seen:
            self._note(seen)
        if due:
            self._noted = now
            if now - self._began >= gone_seconds:
                self._cancel_of_gone(gone_seconds)

    def _note(self, owners: list[str]) -> None:
        moment = time.time()
        with self._database.writing() as db:
            db.executemany("INSERT OR REPLACE INTO presence VALUES (?, ?)", [(one, moment) for one in owners])

    def _cancel_of_gone(self, gone_seconds: float) -> None:
        with self._database.writing() as db:
            db.execute(
                "UPDATE runs SET status = 'stopped', finished = ?, error = ? WHERE status = 'queued' "
                "AND owner IN (SELECT owner FROM presence WHERE seen < ?)",
                [time.time(), GONE, time.time() - gone_seconds],
            )
