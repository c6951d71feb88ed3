"""The record of all runs of a folder, in one object: what `Database` and the tables over it can do."""

from __future__ import annotations

from pathlib import Path

from kdcore.runs.command_queue import CommandQueue
from kdcore.runs.curve_store import CurveStore
from kdcore.runs.database import Database
from kdcore.runs.leases import Leases
from kdcore.runs.lesson_progress import LessonProgress
from kdcore.runs.machine_facts import MachineFacts
from kdcore.runs.run_queue import RunQueue
from kdcore.runs.run_table import RunTable
from kdcore.runs.runs_folder import folder_of_run
from kdcore.runs.waiting_runs import WaitingRuns


class Store:
    """The runs of one folder. Safe to share between threads; processes each open their own.

    Each of its methods is that of one of its parts, and is described there.
    """

    def __init__(self, folder: Path) -> None:
        """Open the folder's database, created on first use.

        Raises:
            OutOfResources: the folder cannot be written.
            RunRefused: the database was written by a newer version, or is none.
        """
        self.database = Database(folder)
        self.folder = self.database.folder
        self.close = self.database.close
        self.reading, self.writing = self.database.reading, self.database.writing

        table = RunTable(self.database)
        self.create, self.run, self.runs = table.create, table.run, table.runs
        self.unchanged_finished = table.unchanged_finished
        self.all_unchanged_finished = table.all_unchanged_finished
        self.unchanged_finished_with = table.unchanged_finished_with
        self.finished_of, self.unfinished_of = table.finished_of, table.unfinished_of
        self.equal_run, self.list_version = table.equal_run, table.list_version
        self.delete, self.restore, self.purge = table.delete, table.restore, table.purge

        curves = CurveStore(self.database)
        self.points, self.events, self.times = curves.points, curves.events, curves.times
        self.student_curves = curves.student_curves
        self.record, self.cut_back = curves.record, curves.cut_back

        self._add_work()
        facts = MachineFacts(self.database)
        self.fact, self.set_fact = facts.read, facts.write

    def _add_work(self) -> None:
        """The tables of what is to be done, and of what a reader has done."""
        queue = RunQueue(self.database)
        self.startable, self.claim, self.park = queue.startable, queue.claim, queue.park
        self.finish, self.requeue = queue.finish, queue.requeue

        waiting = WaitingRuns(self.database)
        self.waiting, self.cancel_waiting = waiting.waiting, waiting.cancel_waiting

        leases = Leases(self.database)
        self.leases, self.adopt = leases.leases, leases.adopt

        commands = CommandQueue(self.database)
        self.command, self.take_commands = commands.send, commands.take
        self.lessons = LessonProgress(self.database)

    def run_folder(self, run_id: str) -> Path:
        """Where the run's weights and checkpoints lie.

        Raises:
            RunRefused: this is not a run's id.
        """
        return folder_of_run(self.folder, run_id)
