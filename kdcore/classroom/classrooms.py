"""All that one runs folder holds of its classes, in one object; each part is described where it stands."""

from __future__ import annotations

import time
from dataclasses import dataclass

from kdcore.classroom.class_board import ClassBoard
from kdcore.classroom.class_members import PRESENT_CLASS, ClassMember, ClassMembers, member_of
from kdcore.classroom.class_predictions import ClassPredictions
from kdcore.classroom.class_queue import ClassQueue
from kdcore.classroom.class_table import ClassTable
from kdcore.classroom.class_votes import ClassVotes
from kdcore.classroom.classroom import Classroom, classroom_from_row
from kdcore.classroom.hand_ins import HandIns
from kdcore.runs.run_record import digest
from kdcore.runs.store import Store


@dataclass(frozen=True)
class Seat:
    """Where a student's browser sits: its class, and who it is there."""

    classroom: Classroom
    member: ClassMember


class Classrooms:
    """The classes of one store. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.table, self.members = ClassTable(store.database), ClassMembers(store.database)
        self.predictions = ClassPredictions(store.database)
        self.votes, self.board = ClassVotes(store.database), ClassBoard(store.database)
        self.queue, self.hand_ins = ClassQueue(store), HandIns(store)

    def seat(self, browser: str) -> Seat | None:
        """The open class in which a browser is a student now."""
        with self._store.reading() as db:
            row = db.execute(PRESENT_CLASS, [digest(browser), time.time()]).fetchone()
            member = row and member_of(db, row["code"], digest(browser))
        return Seat(classroom_from_row(row), member) if row and member else None
