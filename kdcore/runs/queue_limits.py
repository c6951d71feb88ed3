"""How much training a server's browsers may ask for, so that nobody takes all of it. The shell is not limited."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from kdcore.data import uploaded_pictures
from kdcore.errors import RunRefused
from kdcore.installation import kept_in
from kdcore.runs.start_rules import NoRules, StartRules
from kdcore.runs.training_job import TrainingJob, datasets_of
from kdcore.system.environment_number import number
from kdcore.texts import N_

JOB = "CASE sweep WHEN '' THEN id ELSE owner || sweep END"
"""What counts as one: a run, or all the runs of one owner's sweep."""
NO_RULES = NoRules()


@dataclass(frozen=True)
class QueueLimits:
    """The most that may wait and how long a run may train.

    Attributes:
        waiting: jobs of one owner that wait.
        in_all: jobs of all that wait.
        minutes: that one run may train, pauses left out; also what its estimate may be.
        rules: what else is asked, by the class of whoever asks.
    """

    waiting: int = 10
    in_all: int = 100
    minutes: float = 60.0
    rules: StartRules = field(default=NO_RULES, compare=False)

    @staticmethod
    def from_environment() -> QueueLimits:
        """From STILLROOM_WAITING, STILLROOM_QUEUE and STILLROOM_MINUTES.

        Raises:
            OutOfResources: one of them is no such number.
        """
        default = QueueLimits()
        return QueueLimits(
            int(number("STILLROOM_WAITING", default.waiting, least=1, unit="runs")),
            int(number("STILLROOM_QUEUE", default.in_all, least=1, unit="runs")),
            number("STILLROOM_MINUTES", default.minutes, least=1, unit="minutes"),
        )

    def admitted(self, db: sqlite3.Connection, owner: str, job: TrainingJob, sweep: str = "") -> str:
        """The class in which a job of this owner (its digest) begins, empty for none.

        Raises:
            StillroomError: the rules forbid it, its pictures are another's, or there is no room for it.
        """
        for dataset in datasets_of(job):
            uploaded_pictures.refuse_others(kept_in("STILLROOM_DATA", "data"), dataset, owner)
        self.rules.refuse_start(db, owner, job, sweep)
        self.refuse_full(db, owner, sweep)
        return self.rules.classroom_of(db, owner)

    def refuse_full(self, db: sqlite3.Connection, owner: str, sweep: str = "") -> None:
        """Refuse one job more of this owner (its digest); a further run of a sweep that waits is none.

        Raises:
            RunRefused: as many wait as may, of this owner or in all.
        """
        waiting = f"SELECT COUNT(DISTINCT {JOB}) FROM runs WHERE status = 'queued' AND deleted IS NULL"
        if sweep and db.execute(f"{waiting} AND owner = ? AND sweep = ?", [owner, sweep]).fetchone()[0]:
            return
        if db.execute(f"{waiting} AND owner = ?", [owner]).fetchone()[0] >= self.waiting:
            raise RunRefused(
                f"You have {self.waiting} runs waiting, the most that one browser may have here. "
                "Stop one of them, or wait until the next has begun."
            )
        if db.execute(waiting).fetchone()[0] >= self.in_all:
            raise RunRefused(
                f"{self.in_all} runs are waiting, the most that this server takes. Try again when some of them have ended."
            )

    def refuse_long(self, seconds: float | None) -> None:
        """Refuse a run that would train for longer than it may; one whose time is not known is let through.

        Raises:
            RunRefused: it would.
        """
        if seconds is not None and seconds > 60 * self.minutes:
            raise RunRefused(
                f"This would train for about {_spoken(seconds)}; a run may take {_spoken(60 * self.minutes)} here. "
                "Choose fewer epochs, fewer images or a smaller network, or have whoever started the server raise STILLROOM_MINUTES."
            )

    def refuse_spent(self, seconds: float) -> None:
        """Refuse to resume a run that has trained for so long already.

        Raises:
            RunRefused: it has had its time.
        """
        if seconds >= 60 * self.minutes:
            raise RunRefused(self.spent)

    @property
    def spent(self) -> str:
        """Why a run ends that has trained for as long as it may, in a sentence."""
        return N_(
            f"This run has trained for {_spoken(60 * self.minutes)}, as long as a run may here. "
            "What it has recorded stays; from the shell it can be resumed."
        )


def _spoken(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes == 1:
        return "a minute"
    return f"{minutes:,} minutes" if minutes < 120 else f"{seconds / 3600:,.0f} hours"
