"""Who is in a class: browsers, each with a pseudonym; and which browsers are the lecturer's."""

from __future__ import annotations

import sqlite3
import time
import unicodedata
from dataclasses import dataclass

from kdcore.classroom.pseudonyms import draw_pseudonym
from kdcore.errors import ClassRefused
from kdcore.runs.database import Database
from kdcore.runs.run_record import digest
from kdcore.texts import N_

LONGEST_NAME = 40
MOST_MEMBERS = 1000
PRESENT_CLASS = """
    SELECT classes.* FROM class_members JOIN classes ON code = class
    WHERE owner = ? AND gone IS NULL AND closed IS NULL AND ends > ? ORDER BY joined DESC LIMIT 1"""
"""Of an owner's digest and the time: the open class that it joined last, and has not left."""
NO_COOKIE = N_(
    "Your browser has not told this server who it is. Allow cookies for this page and load it again; then join."
)


@dataclass(frozen=True)
class ClassMember:
    """A student.

    Attributes:
        code: of the class.
        number: within the class, from 1.
        owner: digest of the browser.
        pseudonym: what everybody calls them.
        name: what they call themselves; empty where the class asks for none.
        joined, gone: when; gone is None while they are there.
    """

    code: str
    number: int
    owner: str
    pseudonym: str
    name: str
    joined: float
    gone: float | None

    @property
    def called(self) -> str:
        """The name, or the pseudonym of who gave none."""
        return self.name or self.pseudonym


class ClassMembers:
    """The members of all classes in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def join(self, code: str, browser: str, name: str = "") -> ClassMember:
        """Take part; who was there before is who they were.

        Raises:
            ClassRefused: there is no such class, it is over or full, or the browser is its lecturer's or has no cookie.
        """
        if not browser:
            raise ClassRefused(NO_COOKIE)
        owner = digest(browser)
        with self._database.writing() as db:
            row = db.execute(
                "SELECT names FROM classes WHERE code = ? AND closed IS NULL AND ends > ?",
                [code, time.time()],
            ).fetchone()
            if row is None:
                raise ClassRefused("There is no class with this code, or it is over. Ask your lecturer.")
            if is_lecturer(db, code, owner):
                raise ClassRefused(
                    "This browser is the lecturer's. Join with another one to see what students see."
                )
            called = tidy_name(name) if row["names"] else ""
            if member_of(db, code, owner) is None:
                _insert(db, code, owner, called)
            else:
                db.execute(
                    "UPDATE class_members SET gone = NULL, joined = ?, name = CASE ? WHEN '' THEN name ELSE ? END "
                    "WHERE class = ? AND owner = ?",
                    [time.time(), called, called, code, owner],
                )
            found = member_of(db, code, owner)
            assert found is not None
            return found

    def leave(self, code: str, browser: str) -> None:
        """Take part no more; what was voted and handed in stays."""
        with self._database.writing() as db:
            db.execute(
                "UPDATE class_members SET gone = ? WHERE class = ? AND owner = ? AND gone IS NULL",
                [time.time(), code, digest(browser)],
            )

    def member(self, code: str, browser: str) -> ClassMember | None:
        """The browser's member of a class, also one that left."""
        with self._database.reading() as db:
            return member_of(db, code, digest(browser))

    def members(self, code: str) -> list[ClassMember]:
        """All of a class, in the order in which they came."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT * FROM class_members WHERE class = ? ORDER BY number", [code]
            ).fetchall()
        return [member_from_row(row) for row in rows]


def is_lecturer(db: sqlite3.Connection, code: str, owner: str) -> bool:
    """Whether the owner, a digest, is the class's lecturer."""
    return (
        db.execute("SELECT 1 FROM class_lecturers WHERE class = ? AND owner = ?", [code, owner]).fetchone()
        is not None
    )


def member_from_row(row: sqlite3.Row) -> ClassMember:
    """The member in a row of the table."""
    return ClassMember(
        row["class"], row["number"], row["owner"], row["pseudonym"], row["name"], row["joined"], row["gone"]
    )


def tidy_name(text: str) -> str:
    """A name as a student typed it: one line, without what nobody can see, and not long."""
    seen = "".join(sign if unicodedata.category(sign)[0] not in "C" else " " for sign in text[:400])
    return " ".join(seen.split())[:LONGEST_NAME]


def member_of(db: sqlite3.Connection, code: str, owner: str) -> ClassMember | None:
    """The owner's (a digest's) member of a class, also one that left."""
    row = db.execute("SELECT * FROM class_members WHERE class = ? AND owner = ?", [code, owner]).fetchone()
    return member_from_row(row) if row else None


def _insert(db: sqlite3.Connection, code: str, owner: str, name: str) -> None:
    taken = {
        row["pseudonym"] for row in db.execute("SELECT pseudonym FROM class_members WHERE class = ?", [code])
    }
    if len(taken) >= MOST_MEMBERS:
        raise ClassRefused(f"{MOST_MEMBERS:,} students are in this class, the most that it takes.")
    db.execute(
        "INSERT INTO class_members VALUES (?, ?, ?, ?, ?, ?, NULL)",
        [code, len(taken) + 1, owner, draw_pseudonym(taken), name, time.time()],
    )
