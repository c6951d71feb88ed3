"""The runs' database: one SQLite file in write-ahead mode, its transactions, and what its failures mean to a user.

Each call of the store is one transaction, so killing any process at any moment leaves a whole record.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kdcore.errors import OutOfResources, RunRefused
from kdcore.runs.schema import SCHEMAS

BUSY_SECONDS = 10.0
"""How long a call waits for another process that is writing."""

MOST_READERS = 16
"""Connections that stand ready to read."""


class Database:
    """The database of one runs folder. Safe to share between threads; each process opens its own."""

    def __init__(self, folder: Path) -> None:
        """Open it, created on first use and migrated to the newest version.

        Raises:
            OutOfResources: the folder cannot be written.
            RunRefused: the database was written by a newer version, or is none.
        """
        self.folder = folder.absolute()
        self._write_lock = threading.RLock()
        self._readers_lock = threading.Lock()
        """Of the readers below, and never held for long: who reads does not wait for who writes, or waits to."""
        self._readers: deque[sqlite3.Connection] = deque()
        """Connections that nobody reads with now."""
        self._closed = False
        with self._errors_explained():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.connection = self._connected()
            _until_free(self.connection, "PRAGMA journal_mode=WAL")
            # FULL: a checkpoint on the disk must not be ahead of its rows after a power cut.
            self.connection.execute("PRAGMA synchronous=FULL")
            self.connection.execute("PRAGMA foreign_keys=ON")
        self._migrate()

    def close(self) -> None:
        """Close it; it cannot be used any more."""
        with self._write_lock, self._readers_lock:
            self._closed = True
            self.connection.close()
            while self._readers:
                self._readers.pop().close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A consistent view of one moment, even over several statements. However long it takes, nobody waits for it."""
        with self._errors_explained():
            connection = self._reader()
            try:
                connection.execute("BEGIN")
                yield connection
                connection.execute("ROLLBACK")
            except BaseException:
                connection.close()
                raise
            self._keep(connection)

    def _reader(self) -> sqlite3.Connection:
        with self._readers_lock:
            if self._closed:
                raise sqlite3.ProgrammingError("the database is closed")
            if self._readers:
                return self._readers.pop()
        connection = self._connected()
        connection.execute("PRAGMA query_only=ON")
        return connection

    def _keep(self, connection: sqlite3.Connection) -> None:
        """For whoever reads next, unless enough stand ready."""
        with self._readers_lock:
            if not self._closed and len(self._readers) < MOST_READERS:
                self._readers.append(connection)
                return
        connection.close()

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.folder / "runs.sqlite3", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        return connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, all or nothing."""
        with self._write_lock, self._errors_explained():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _errors_explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _explained(self.folder, error) from error
        except OSError as error:
            raise OutOfResources(
                f"The runs folder cannot be used ({error.strerror}). "
                "Make it writable, or set STILLROOM_RUNS to another folder.",
                where=self.folder,
            ) from error

    def _migrate(self) -> None:
        with self.writing() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(SCHEMAS):
                raise RunRefused(
                    "The runs in this folder were written by a newer version of Stillroom. "
                    "Update Stillroom, or set STILLROOM_RUNS to another folder.",
                    where=self.folder,
                )
            for addition in SCHEMAS[version:]:
                for statement in addition.split(";\n"):
                    db.execute(statement)
            if version < len(SCHEMAS):
                db.execute(f"PRAGMA user_version = {len(SCHEMAS)}")


def _until_free(db: sqlite3.Connection, pragma: str) -> None:
    """Switching to the write-ahead log does not wait for another process by itself."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute(pragma)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.02)


def _explained(folder: Path, error: sqlite3.Error) -> Exception:
    """What a failure of the database means to the user; an error in our own SQL is raised as it is."""
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return OutOfResources(
                "No space is left on the disk of the runs folder. Free some, then resume the run or start it again.",
                where=folder,
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return OutOfResources(
                "The runs folder cannot be written. Make it writable, or set STILLROOM_RUNS to another folder.",
                where=folder,
            )
        case sqlite3.SQLITE_IOERR:
            return OutOfResources(
                f"The disk of the runs folder cannot be read or written ({error}). "
                "Check its space and health, or set STILLROOM_RUNS to another folder.",
                where=folder,
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return OutOfResources(
                f"Another program has held the runs for {BUSY_SECONDS:.0f} seconds. Close it, then try again.",
                where=folder,
            )
        case sqlite3.SQLITE_PROTOCOL | sqlite3.SQLITE_NOLFS:
            return OutOfResources(
                "The disk of the runs folder cannot lock files, as many network drives cannot. "
                "Set STILLROOM_RUNS to a folder on a disk of this machine.",
                where=folder,
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return RunRefused(
                "runs.sqlite3 is damaged, or no database of runs. "
                "Move it away, or set STILLROOM_RUNS to another folder.",
                where=folder,
            )
        case _:
            return error
