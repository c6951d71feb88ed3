"""What a class has handed in: kept as it was, one after another; a later change makes a new one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from kdcore.classroom.class_members import ClassMember
from kdcore.classroom.classroom import Classroom
from kdcore.classroom.freeze import freeze
from kdcore.classroom.seal import sealed
from kdcore.classroom.submission import LessonAnswer, Submission
from kdcore.errors import ClassRefused
from kdcore.runs.store import Store

MOST_OF_ONE = 30
"""Hand-ins of one student."""


@dataclass(frozen=True)
class HandIn:
    """A hand-in as it lies in the class.

    Attributes:
        member: the number of the student.
        number: of theirs, from 1.
        moment: when, in seconds since 1970.
        digest: of its content.
        content: the file, as `Submission.from_json` reads it.
    """

    member: int
    number: int
    moment: float
    digest: str
    content: str


class HandIns:
    """The hand-ins of all classes of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def hand_in(
        self,
        classroom: Classroom,
        member: ClassMember,
        answers: Sequence[LessonAnswer],
        run_ids: Sequence[str],
    ) -> HandIn:
        """Freeze answers and runs as they are now, seal them and keep them.

        Raises:
            ClassRefused: the class is over, a run is not the student's own, or they have handed in too often.
            HandInRefused: it is too much, or too long.
            RunRefused: there is no such run.
        """
        for run_id in run_ids:
            if self._store.run(run_id).owner != member.owner:
                raise ClassRefused("Only runs of your own can be handed in.")
        made = sealed(
            Submission.hand_in(
                member.pseudonym,
                answers,
                [freeze(self._store, run_id) for run_id in run_ids],
                classroom=classroom.name,
                assignment=classroom.code,
                name=member.name,
            ),
            self._store.folder,
        )
        return self._keep(classroom.code, member.number, made)

    def _keep(self, code: str, member: int, made: Submission) -> HandIn:
        with self._store.writing() as db:
            going_on = "SELECT 1 FROM classes WHERE code = ? AND closed IS NULL AND ends > ?"
            if db.execute(going_on, [code, time.time()]).fetchone() is None:
                raise ClassRefused("This class is over: nothing is handed in any more.")
            number = (
                1
                + db.execute(
                    "SELECT COUNT(*) FROM class_hand_ins WHERE class = ? AND member = ?", [code, member]
                ).fetchone()[0]
            )
            if number > MOST_OF_ONE:
                raise ClassRefused(f"You have handed in {MOST_OF_ONE} times, the most that is allowed.")
            kept = HandIn(member, number, made.handed_in, made.digest, made.to_json())
            db.execute(
                "INSERT INTO class_hand_ins VALUES (?, ?, ?, ?, ?, ?)",
                [code, member, number, kept.moment, kept.digest, kept.content],
            )
        return kept

    def all_of(self, code: str) -> list[HandIn]:
        """Every hand-in of a class, students in the order in which they came, each one's oldest first."""
        return self._read("class = ?", [code])

    def of_member(self, code: str, member: int) -> list[HandIn]:
        """A student's, the oldest first."""
        return self._read("class = ? AND member = ?", [code, member])

    def _read(self, where: str, values: Sequence[object]) -> list[HandIn]:
        with self._store.reading() as db:
            rows = db.execute(
                f"SELECT member, number, moment, digest, content FROM class_hand_ins WHERE {where} ORDER BY member, number",
                values,
            ).fetchall()
        return [HandIn(*row) for row in rows]
