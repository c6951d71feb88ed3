"""The classes of one database: made, found, changed by their lecturer, and closed."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from kdcore.classroom.class_members import is_lecturer, tidy_name
from kdcore.classroom.class_plan import LONGEST_LINK, ClassPlan
from kdcore.classroom.class_secrets import digest_of, is_secret, new_code, new_secret, split_key
from kdcore.classroom.classroom import DAY, LIVES_DAYS, Classroom, classroom_from_row
from kdcore.classroom.locks import ClassBounds
from kdcore.errors import ClassRefused
from kdcore.runs.database import Database
from kdcore.runs.run_record import digest
from kdcore.texts import N_

MOST_CLASSES = 200
"""Open classes of one server."""
CLASSES_OF_ONE = 20
UNKNOWN = N_("There is no class with this code, or it is over.")
NOT_YOURS = N_("Only the lecturer of the class may do this.")
NO_BROWSER = N_(
    "Your browser has not told this server who it is. Allow cookies for this page and load it again."
)


class NewClass(NamedTuple):
    """A class that was made just now: its code, and the secret that is nowhere kept."""

    code: str
    secret: str


class ClassTable:
    """The classes of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(
        self,
        browser: str,
        name: str,
        *,
        language: str = "en",
        names: bool = False,
        bounds: ClassBounds | None = None,
    ) -> NewClass:
        """A new class, of which the browser is the lecturer's.

        Raises:
            ClassRefused: the browser has no cookie, or there are as many classes as may be.
        """
        if not browser:
            raise ClassRefused(NO_BROWSER)
        secret, now, owner = new_secret(), time.time(), digest(browser)
        with self._database.writing() as db:
            _refuse_more(db, owner, now)
            code = _unused_code(db)
            db.execute(
                "INSERT INTO classes (code, secret, name, language, names, bounds, created, ends) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [code, digest_of(secret), tidy_name(name) or code, language[:20], int(names),
                 (bounds or ClassBounds()).model_dump_json(), now, now + LIVES_DAYS * DAY],
            )  # fmt: skip
            db.execute("INSERT INTO class_lecturers VALUES (?, ?, ?)", [code, owner, now])
        return NewClass(code, secret)

    def enrol_lecturer(self, key: str, browser: str) -> Classroom:
        """Make a browser the lecturer's who has the key of the secret link.

        Raises:
            ClassRefused: it is no key of an open class, or the browser has no cookie.
        """
        code, secret = split_key(key)
        if not browser:
            raise ClassRefused(NO_BROWSER)
        with self._database.writing() as db:
            row = db.execute("SELECT * FROM classes WHERE code = ?", [code]).fetchone()
            # An unknown class takes as long as a wrong secret.
            right = is_secret(secret, row["secret"] if row else digest_of(""))
            if row is None or not right:
                raise ClassRefused("This is no lecturer's link, or its class is over.")
            db.execute(
                "INSERT OR IGNORE INTO class_lecturers VALUES (?, ?, ?)", [code, digest(browser), time.time()]
            )
            db.execute(
                "UPDATE class_members SET gone = ? WHERE class = ? AND owner = ? AND gone IS NULL",
                [time.time(), code, digest(browser)],
            )
            return classroom_from_row(row)

    def renew_secret(self, code: str, browser: str) -> str:
        """Another secret: links with the one before, and browsers that became the lecturer's by it, count no more.

        Raises:
            ClassRefused: the browser is not the lecturer's.
        """
        secret = new_secret()
        with self._database.writing() as db:
            refuse_others(db, code, digest(browser))
            db.execute("UPDATE classes SET secret = ? WHERE code = ?", [digest_of(secret), code])
            db.execute("DELETE FROM class_lecturers WHERE class = ? AND owner != ?", [code, digest(browser)])
        return secret

    def classroom(self, code: str) -> Classroom:
        """One class.

        Raises:
            ClassRefused: there is none of this code.
        """
        with self._database.reading() as db:
            row = db.execute("SELECT * FROM classes WHERE code = ?", [code]).fetchone()
        if row is None:
            raise ClassRefused(UNKNOWN)
        return classroom_from_row(row)

    def lectured(self, browser: str) -> list[Classroom]:
        """The classes of which the browser is the lecturer's, the newest first."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT classes.* FROM classes JOIN class_lecturers ON code = class "
                "WHERE owner = ? AND ends > ? ORDER BY closed IS NOT NULL, created DESC",
                [digest(browser), time.time()],
            ).fetchall()
        return [classroom_from_row(row) for row in rows]

    def is_lecturer(self, code: str, browser: str) -> bool:
        """Whether the browser is the lecturer's of that class."""
        with self._database.reading() as db:
            return is_lecturer(db, code, digest(browser))

    def change(self, code: str, browser: str, **changes: Any) -> None:
        """Change columns of a class: its plan, bounds, place, whether pages follow, what is pinned, whether the board has names.

        Raises:
            ClassRefused: the browser is not the lecturer's, or the class is over.
        """
        with self._database.writing() as db:
            refuse_others(db, code, digest(browser))
            change_class(db, code, changes)

    def go_to(self, code: str, browser: str, place: int) -> Classroom:
        """Go to another place of the plan; beyond either end it stays at that end.

        Raises:
            ClassRefused: the browser is not the lecturer's, or the plan is empty.
        """
        with self._database.writing() as db:
            refuse_others(db, code, digest(browser))
            found = classroom_from_row(db.execute("SELECT * FROM classes WHERE code = ?", [code]).fetchone())
            if not found.plan.items:
                raise ClassRefused("The plan is empty: add a prepared state first.")
            at = min(max(place, 0), len(found.plan.items) - 1)
            item = found.plan.items[at]
            link = item.link | ({"lesson": item.lesson} if item.lesson else {})
            change_class(db, code, {"place": at, "here": _place(item.page, link)})
        return self.classroom(code)

    def look_here(self, code: str, browser: str, page: str, link: Mapping[str, str]) -> None:
        """Point to a page; the place in the plan, and what is locked with it, stay.

        Raises:
            ClassRefused: the browser is not the lecturer's, or the link is too long.
        """
        if sum(len(name) + len(value) for name, value in link.items()) > LONGEST_LINK:
            raise ClassRefused("This page's address is too long to be handed to a class.")
        with self._database.writing() as db:
            refuse_others(db, code, digest(browser))
            change_class(db, code, {"here": _place(page, link)})

    def set_plan(self, code: str, browser: str, plan: ClassPlan) -> None:
        """Another plan; the class stays at the place where it was, or at the last.

        Raises:
            ClassRefused: the browser is not the lecturer's.
        """
        last = len(plan.items) - 1
        with self._database.writing() as db:
            refuse_others(db, code, digest(browser))
            place = db.execute("SELECT place FROM classes WHERE code = ?", [code]).fetchone()["place"]
            kept = None if place is None or last < 0 else min(place, last)
            change_class(db, code, {"plan": plan.to_json(), "place": kept})

    def close(self, code: str, browser: str) -> None:
        """End the class: nothing binds its students any more, and nobody joins; what it holds stays for its lecturer.

        Raises:
            ClassRefused: the browser is not the lecturer's.
        """
        with self._database.writing() as db:
            refuse_others(db, code, digest(browser))
            now = time.time()
            change_class(db, code, {"closed": now, "paused": 0, "following": 0})
            db.execute("UPDATE class_votes SET closed = ? WHERE class = ? AND closed IS NULL", [now, code])

    def delete(self, code: str, browser: str) -> None:
        """Delete the class with all that is kept of it; its runs stay, and belong to no class.

        Raises:
            ClassRefused: the browser is not the lecturer's.
        """
        with self._database.writing() as db:
            refuse_others(db, code, digest(browser), over=True)
            db.execute("UPDATE runs SET classroom = '' WHERE classroom = ?", [code])
            db.execute("DELETE FROM classes WHERE code = ?", [code])


def refuse_others(db: sqlite3.Connection, code: str, owner: str, *, over: bool = False) -> None:
    """Refuse whoever is not the lecturer, and all changes of a class that is over.

    Raises:
        ClassRefused: it is so.
    """
    if not is_lecturer(db, code, owner):
        raise ClassRefused(NOT_YOURS)
    going_on = "SELECT 1 FROM classes WHERE code = ? AND closed IS NULL AND ends > ?"
    if not over and db.execute(going_on, [code, time.time()]).fetchone() is None:
        raise ClassRefused("This class is over: nothing of it changes any more.")


def change_class(db: sqlite3.Connection, code: str, changes: dict[str, Any]) -> None:
    """Write columns of a class."""
    values = {
        name: json.dumps([*value]) if isinstance(value, Sequence) and not isinstance(value, str) else value
        for name, value in changes.items()
    }
    marks = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"UPDATE classes SET {marks} WHERE code = ?", [*values.values(), code])


def _place(page: str, link: Mapping[str, str]) -> str:
    return json.dumps({"page": page, "link": dict(link), "moment": time.time()})


def _refuse_more(db: sqlite3.Connection, owner: str, now: float) -> None:
    going_on = "SELECT COUNT(*) FROM classes WHERE closed IS NULL AND ends > ?"
    if db.execute(going_on, [now]).fetchone()[0] >= MOST_CLASSES:
        raise ClassRefused(f"{MOST_CLASSES} classes are open here, the most that this server takes.")
    of_one = f"{going_on} AND code IN (SELECT class FROM class_lecturers WHERE owner = ?)"
    if db.execute(of_one, [now, owner]).fetchone()[0] >= CLASSES_OF_ONE:
        raise ClassRefused(f"You have {CLASSES_OF_ONE} open classes here. Close one of them first.")


def _unused_code(db: sqlite3.Connection) -> str:
    while db.execute("SELECT 1 FROM classes WHERE code = ?", [code := new_code()]).fetchone():
        pass
    return code
