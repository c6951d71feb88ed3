"""Turning the events of a run into its record, wherever it runs: in a worker of the dashboard, or in a shell.

Rows are written at least every tenth of a second by a thread that renews the run's lease as well. A checkpoint is written after
all rows that came before it and names the newest of them, so that the two agree whenever the process is killed.
"""

from __future__ import annotations

import errno
import sys
import time
import traceback
from collections.abc import Iterable
from pathlib import Path

from kdcore.errors import OutOfResources, StillroomError
from kdcore.events import (
    Checkpoint,
    Event,
    Finished,
    HotChange,
    Progress,
    Trained,
    TrainerReplaced,
)
from kdcore.runs import checkpoints
from kdcore.runs.checkpoint_schedule import CHECKPOINT_SECONDS, CheckpointSchedule
from kdcore.runs.cohort_results import finish_cohort
from kdcore.runs.event_writer import EventWriter
from kdcore.runs.leases import LeaseLost
from kdcore.runs.paused_run_timeout import PARK_SECONDS, paused_too_long
from kdcore.runs.queue_limits import QueueLimits
from kdcore.runs.run_bounds import RunBounds, RunEnding
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from kdcore.runs.store_commands import StoreCommands
from kdcore.system.processes import Process
from kdcore.texts import N_

INTERRUPT_SECONDS = 2.0
"""How long an interrupted run may take to hand over a checkpoint."""
INTERRUPTED = N_("The run was interrupted. Resume it to go on from its last checkpoint.")


def record_events(
    store: Store,
    run_id: str,
    events: Iterable[Event],
    checkpoints_every: float = CHECKPOINT_SECONDS,
    *,
    commands: StoreCommands | None = None,
    park_after: float = PARK_SECONDS,
    limits: QueueLimits | None = None,
) -> Run:
    """Record the events of a run that this process holds, to their end; returns the run as it ended.

    limits: what it may take where a server trains it.

    Where another worker holds the run by now, nothing more is written.
    """
    worker = Process.me()
    folder = store.run_folder(run_id)
    try:
        with EventWriter(store, run_id, worker) as writer:
            schedule = CheckpointSchedule(folder, writer, checkpoints_every, commands)
            bounds = RunBounds(store, run_id, limits)
            EventRecorder(writer, schedule, commands, park_after, bounds).take_all(events)
    except LeaseLost:
        pass
    except KeyboardInterrupt:
        store.finish(run_id, "lost", error=INTERRUPTED, worker=worker)
        raise
    except Exception as error:
        _record_failure(store, run_id, worker, error)
    run = store.run(run_id)
    if run.status == "finished":
        checkpoints.clear(folder)
    return run


class EventRecorder:
    """Takes a run's events one by one, until it ends, is parked, or is interrupted."""

    def __init__(
        self,
        writer: EventWriter,
        schedule: CheckpointSchedule,
        commands: StoreCommands | None,
        park_after: float,
        bounds: RunBounds,
    ) -> None:
        self.writer, self.schedule, self.commands, self.park_after = writer, schedule, commands, park_after
        self.bounds = bounds
        self.has_members = writer.store.run(writer.run_id).has_members
        self.paused_since: float | None = None
        self.ending: RunEnding | None = None
        self.ending_since = 0.0

    def take_all(self, events: Iterable[Event]) -> None:
        """Take events until the run is over here.

        Raises:
            LeaseLost: the run is no longer this process's own.
            RuntimeError: the events ended before the run did.
        """
        for event in events:
            written = self._take(event)
            if isinstance(event, Finished):
                if not (self.has_members and event.status == "finished"):
                    self.writer.flush()
                return
            if self.commands is not None and (
                self._left(self.commands, written) or self._parked(self.commands)
            ):
                return
        raise RuntimeError(N_("the events ended without Finished"))

    def _take(self, event: Event) -> bool:
        """Record one event; returns whether it was a checkpoint that was written."""
        match event:
            case Checkpoint():
                return self.schedule.take(event)
            case Finished(status="finished") if self.has_members:
                self.writer.flush()
                finish_cohort(self.writer.store, self.writer.run_id, event.results, self.writer.worker)
                return False
            case Trained():
                checkpoints.keep_weights(self.schedule.folder, event)
                return False
            case Progress():
                self.paused_since = (self.paused_since or time.monotonic()) if event.paused else None
            case HotChange():
                self.schedule.due = True
            case TrainerReplaced():
                self.writer.flush()
                return False
        self.writer.add(event)
        return False

    def _left(self, commands: StoreCommands, written: bool) -> bool:
        """Leave the run to be resumed once it has handed over a checkpoint, or does not come to one soon."""
        if self.ending is None:
            interrupted = RunEnding("lost", INTERRUPTED) if commands.interrupted.is_set() else None
            self.ending = interrupted or self.bounds.exceeded()
            if self.ending is None:
                return False
            commands.interrupted.set()
            self.ending_since = time.monotonic()
        handed_over = commands.pause_sent and (written or self.paused_since is not None)
        if not handed_over and time.monotonic() - self.ending_since < INTERRUPT_SECONDS:
            return False
        self.writer.flush()
        status, sentence = self.ending
        self.writer.store.finish(self.writer.run_id, status, error=sentence, worker=self.writer.worker)
        return True

    def _parked(self, commands: StoreCommands) -> bool:
        """Give up the slot of a run that has been paused for long without a command."""
        if not paused_too_long(self.paused_since, commands.last_command, self.park_after):
            return False
        self.writer.flush()
        return self.writer.store.park(self.writer.run_id, self.writer.worker)


def _record_failure(store: Store, run_id: str, worker: Process, error: Exception) -> None:
    """Note why the run ended; where even that cannot be written, the lease runs out and the run counts as lost."""
    sentence = _failure_sentence(error, store.run_folder(run_id))
    print(sentence, file=sys.stderr)
    try:
        store.finish(run_id, "failed", error=sentence, worker=worker)
    except StillroomError as further:
        print(further, file=sys.stderr)


def _failure_sentence(error: Exception, folder: Path) -> str:
    if isinstance(error, StillroomError):
        return str(error)
    text = str(error)
    short = (N_("out of memory"), "can't allocate memory", N_("not enough memory"))
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(s in text for s in short)):
        return str(
            OutOfResources(
                "There is not enough memory for this run. Choose a smaller batch or network, or end what else is running."
            )
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return str(checkpoints.unwritable(folder, error))
    log = folder / "worker.log"
    try:
        folder.mkdir(exist_ok=True)
        with log.open("a") as file:
            file.write("".join(traceback.format_exception(error)))
    except OSError:
        traceback.print_exception(error)
    return N_(
        f"Something unexpected went wrong: {type(error).__name__}: {text}; the log is at {log.name}, in the run's folder."
    )
