"""What a class's record asks of whatever its students' browsers start or change: looked up where a run is queued."""

from __future__ import annotations

import sqlite3
import time

from kdcore.classroom.class_members import PRESENT_CLASS
from kdcore.classroom.classroom import Classroom, classroom_from_row
from kdcore.errors import ClassRefused
from kdcore.events import Command
from kdcore.experiment import Experiment
from kdcore.experiment_fields import field_label
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.runs.queue_limits import JOB
from kdcore.runs.training_job import TrainingJob
from kdcore.texts import N_

WAITING = (
    f"SELECT COUNT(DISTINCT {JOB}) FROM runs WHERE status = 'queued' AND deleted IS NULL AND owner = ? "
    "AND NOT (sweep != '' AND sweep = ?)"
)
PAUSED = N_("Your lecturer has paused the class. It goes on when they let it.")
GOES_ON = ("resume", "step_batch", "step_epoch")
"""Commands with which a run that stands still trains."""


class ClassRules:
    """The rules of all classes in the database at hand; owners are digests."""

    def classroom_of(self, db: sqlite3.Connection, owner: str) -> str:
        """The code of the class that the owner takes part in; empty for none."""
        found = present_class(db, owner)
        return found.code if found else ""

    def refuse_start(self, db: sqlite3.Connection, owner: str, job: TrainingJob, sweep: str) -> None:
        """Refuse a run that the owner's class does not allow.

        Raises:
            ClassRefused: why, in a sentence.
        """
        if (found := present_class(db, owner)) is None:
            return
        experiments = (job,) if isinstance(job, Experiment) else job.experiments
        for experiment in experiments:
            found.locks.refuse(experiment, found.prepared)
            found.bounds.refuse(experiment)
        students = len(experiments)
        if isinstance(job, SearchSpec):
            found.locks.refuse_varied(job.vary)
            found.bounds.refuse_varied(job.vary)
            students = job.seeds * job.trials
        if students > found.bounds.students:
            raise ClassRefused(
                f"This would train {students:,} networks; a job of this class trains at most {found.bounds.students:,}. "
                "Vary less, or take fewer seeds."
            )
        if db.execute(WAITING, [owner, sweep]).fetchone()[0] >= found.bounds.waiting:
            raise ClassRefused(
                f"You have {found.bounds.waiting} runs waiting, the most that a student may have in this class. "
                "Stop one of them, or wait until the next has begun."
            )

    def refuse_command(self, db: sqlite3.Connection, owner: str, command: Command) -> None:
        """Refuse a change of what is locked, and that anything goes on while the class is paused.

        Raises:
            ClassRefused: why, in a sentence.
        """
        if (found := present_class(db, owner)) is None:
            return
        if command.kind == "set" and command.setting in found.locks.fields:
            raise ClassRefused(f"In this class {field_label(command.setting)} cannot be changed.")
        if found.paused and command.kind in GOES_ON:
            raise ClassRefused(PAUSED)

    def purge(self, db: sqlite3.Connection) -> None:
        """Delete the classes whose time is over, with all that was kept of them; their runs stay, and belong to nobody's class."""
        over = "SELECT code FROM classes WHERE ends < ?"
        db.execute(f"UPDATE runs SET classroom = '' WHERE classroom IN ({over})", [time.time()])
        db.execute("DELETE FROM classes WHERE ends < ?", [time.time()])


def present_class(db: sqlite3.Connection, owner: str) -> Classroom | None:
    """The open class that an owner, a digest, takes part in."""
    row = db.execute(PRESENT_CLASS, [owner, time.time()]).fetchone()
    return classroom_from_row(row) if row else None
