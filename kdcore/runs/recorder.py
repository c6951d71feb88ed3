"""Turning what a run says into its record, wherever it runs: a worker of the dashboard, or a shell.

Rows are written at least every 0.4 seconds by a thread that keeps the run's lease as well. A checkpoint is written after
all rows that came before it and names the newest of them, so that the two agree whenever the process is killed.
"""

from __future__ import annotations

import errno
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from kdcore.errors import OutOfResources, RunRefused, StillroomError
from kdcore.events import (
    BatchMetrics,
    Checkpoint,
    Command,
    Commands,
    Event,
    Finished,
    Gradients,
    HotChange,
    Measured,
    Moved,
    Phase,
    Pictures,
    Progress,
    StageChanged,
    Trained,
    Validation,
)
from kdcore.experiment import Experiment
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.runs import checkpoints
from kdcore.runs.cohort_results import finish_cohort
from kdcore.runs.leases import LeaseLost
from kdcore.runs.run_record import Run, Status
from kdcore.runs.store import Store
from kdcore.runs.training_job import TrainingJob
from kdcore.system.processes import Process

FLUSH_SECONDS = 0.4
RENEW_SECONDS = 1.0
LOOK_SECONDS = 0.05
WAIT_SECONDS = 0.25
CHECKPOINT_SECONDS = 10.0
PARK_SECONDS = 60.0
INTERRUPT_SECONDS = 2.0
INTERRUPTED = "The run was interrupted. Resume it to go on from its last checkpoint."

FRUITLESS = 3
"""How often a run is begun at the same checkpoint before it is given up: it may be what takes its machines down."""

Watch = Callable[[Iterable[Event]], Iterable[Event]]


class Generate(Protocol):
    """What makes a run's events: `kdcore.pipelines.experiment_pipeline.run`, or a test's stand-in."""

    def __call__(
        self,
        experiment: Experiment,
        *,
        data_folder: Path,
        runs_folder: Path,
        commands: Commands,
        resume: Checkpoint | None,
    ) -> Iterator[Event]:
        """Begin, or go on from a checkpoint."""
        ...


class TrainerGone(StillroomError):
    """What trained the run is gone: another machine, or a process on it. The run can go on from its last checkpoint."""


# ---- what a run is told ---------------------------------------------------------------------------------------------


class StoreCommands:
    """The channel from the store into a run; looks at the database at most every 50 ms.

    An interruption reaches the run as a pause, so that it hands over a checkpoint at its next step.
    """

    def __init__(self, store: Store, run_id: str, interrupted: threading.Event | None = None) -> None:
        self.store, self.run_id = store, run_id
        self.interrupted = interrupted or threading.Event()
        self.told_of_interruption = False
        self.looked = self.last = 0.0
        self.held = False
        """Whether the run was last told to pause, to step or to stop: it will stand still with nothing lost."""

    def poll(self) -> list[Command]:
        """What has come, at once."""
        if self.interrupted.is_set() and not self.told_of_interruption:
            self.told_of_interruption = self.held = True
            return [Command("pause")]
        now = time.monotonic()
        if now - self.looked < LOOK_SECONDS:
            return []
        self.looked = now
        found = self.store.take_commands(self.run_id)
        for command in found:
            self.last = now
            if command.kind != "set":
                self.held = command.kind != "resume"
        return found

    def wait(self) -> list[Command]:
        """What comes within a quarter of a second."""
        give_up = time.monotonic() + WAIT_SECONDS
        while not (found := self.poll()) and time.monotonic() < give_up:
            time.sleep(LOOK_SECONDS)
        return found


# ---- a whole run ----------------------------------------------------------------------------------------------------


def record_run(
    store: Store,
    run_id: str,
    *,
    data_folder: Path,
    generate: Generate | None = None,
    watch: Watch | None = None,
    interrupted: threading.Event | None = None,
    checkpoints_every: float = CHECKPOINT_SECONDS,
    park_after: float = PARK_SECONDS,
    worker: Process | None = None,
    parent: Process | None = None,
    of: Sequence[Status] = ("queued", "parked", "lost", "stopped", "failed"),
    slots: int | None = None,
) -> Run:
    """Claim a run, train it here from its last checkpoint (or from its beginning), and record it to its end.

    `watch` sees the events on their way. `interrupted`, once set, ends the run soon as `lost`, to be resumed. Failures
    end in the record, not in an exception: status `failed` and a sentence.

    Raises:
        RunRefused: the run is unknown, or not to be had: another worker holds it, or it is finished.
    """
    worker = worker or Process.me()
    if not store.claim(run_id, worker, parent=parent, of=of, slots=slots):
        raise RunRefused(f"This run is {store.run(run_id).status} and cannot be trained here now.")
    # Connections of its own: a signal's handler may use the caller's store in the midst of anything done here.
    rows, told = Store(store.folder), Store(store.folder)
    commands = StoreCommands(told, run_id, interrupted)

    def begun(kept: checkpoints.Kept | None) -> Iterator[Event]:
        rows.cut_back(run_id, kept.seq if kept else 0)
        run = rows.run(run_id)
        made = (generate or generator_of(run.job))(
            run.experiment,
            data_folder=data_folder,
            runs_folder=rows.folder,
            commands=commands,
            resume=kept.checkpoint if kept else None,
        )
        yield from made if kept is None else _going_on(made, kept.checkpoint.phase)

    events = _to_the_end(lambda: checkpoints.newest(rows.run_folder(run_id)), begun)
    try:
        seen = watch(events) if watch else events
        return record(
            rows, run_id, seen, checkpoints_every, commands=commands, worker=worker, park_after=park_after
        )
    finally:
        events.close()
        rows.close()
        told.close()


def _to_the_end(
    newest: Callable[[], checkpoints.Kept | None],
    begun: Callable[[checkpoints.Kept | None], Iterator[Event]],
) -> Generator[Event]:
    """The events of a run that goes on from its newest checkpoint whenever what trains it is gone.

    Raises:
        TrainerGone: that happened again and again without a further checkpoint.
    """
    beginnings: list[int] = []
    while True:
        kept = newest()
        beginnings.append(kept.seq if kept else 0)
        try:
            yield from begun(kept)
            return
        except TrainerGone:
            if beginnings[-FRUITLESS:] == beginnings[-1:] * FRUITLESS:
                raise
        # Whoever takes it writes down what is on its way first: the next beginning cuts that back.
        yield Moved()


def generator_of(job: TrainingJob) -> Generate:
    """What makes a run's events: the pipeline of its job's kind."""
    if isinstance(job, Experiment):
        return _distil

    def train_cohort(experiment: Experiment, **given: Any) -> Iterator[Event]:
        from kdcore.pipelines import bayesian_search, cohort_pipeline

        if isinstance(job, SearchSpec):
            return bayesian_search.run(job, **given)
        return cohort_pipeline.run(job, **given)

    return train_cohort


def _distil(
    experiment: Experiment,
    *,
    data_folder: Path,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None,
) -> Iterator[Event]:
    # Imported late: whoever only reads records does not wait for torch.
    from kdcore.pipelines.experiment_pipeline import run

    return run(experiment, data_folder=data_folder, runs_folder=runs_folder, commands=commands, resume=resume)


def _going_on(events: Iterator[Event], phase: str) -> Iterator[Event]:
    """Leave out what is measured again on the way to the checkpoint's phase: the record has it."""
    reached = False
    for event in events:
        reached = reached or (isinstance(event, Phase) and event.name == phase)
        if reached or not isinstance(
            event, Validation | BatchMetrics | Gradients | Measured | Pictures | StageChanged
        ):
            yield event


def record(
    store: Store,
    run_id: str,
    events: Iterable[Event],
    checkpoints_every: float = CHECKPOINT_SECONDS,
    *,
    commands: StoreCommands | None = None,
    worker: Process | None = None,
    park_after: float = PARK_SECONDS,
) -> Run:
    """Record the events of a run that this process holds (or may claim), to their end; returns the run as it ended.

    Raises:
        RunRefused: another worker holds the run.
    """
    worker = worker or Process.me()
    if not store.claim(run_id, worker):
        raise RunRefused(f"This run is {store.run(run_id).status} and cannot be recorded here.")
    folder = store.run_folder(run_id)
    try:
        with _Rows(store, run_id, worker) as rows:
            keeper = _Keeper(folder, rows, checkpoints_every, commands)
            _Recorder(rows, keeper, commands, park_after).take_all(events)
    except LeaseLost:
        pass
    except KeyboardInterrupt:
        store.finish(run_id, "lost", error=INTERRUPTED, worker=worker)
        raise
    except Exception as error:
        _fail(store, run_id, worker, error)
    run = store.run(run_id)
    if run.status == "finished":
        checkpoints.clear(folder)
    return run


class _Recorder:
    """Takes a run's events one by one, until it ends, is parked, or is interrupted."""

    def __init__(
        self, rows: _Rows, keeper: _Keeper, commands: StoreCommands | None, park_after: float
    ) -> None:
        self.rows, self.keeper, self.commands, self.park_after = rows, keeper, commands, park_after
        self.cohort = rows.store.run(rows.run_id).has_members
        self.paused_since: float | None = None
        self.interrupted_since: float | None = None

    def take_all(self, events: Iterable[Event]) -> None:
        for event in events:
            written = self._take(event)
            if isinstance(event, Finished):
                if not (self.cohort and event.status == "finished"):
                    self.rows.flush()
                return
            if self.commands is not None and (
                self._interrupted(self.commands, written) or self._parked(self.commands)
            ):
                return
        raise RuntimeError("the events ended without Finished")

    def _take(self, event: Event) -> bool:
        """Keep one event; returns whether it was a checkpoint that was written."""
        match event:
            case Checkpoint():
                return self.keeper.take(event)
            case Finished(status="finished") if self.cohort:
                self.rows.flush()
                finish_cohort(self.rows.store, self.rows.run_id, event.results, self.rows.worker)
                return False
            case Trained():
                checkpoints.keep_weights(self.keeper.folder, event)
                return False
            case Progress():
                self.paused_since = (self.paused_since or time.monotonic()) if event.paused else None
            case HotChange():
                self.keeper.due = True
            case Moved():
                self.rows.flush()
                return False
        self.rows.add(event)
        return False

    def _interrupted(self, commands: StoreCommands, written: bool) -> bool:
        """Leave the run to be resumed once it has handed over a checkpoint, or does not come to one soon."""
        if not commands.interrupted.is_set():
            return False
        now = time.monotonic()
        self.interrupted_since = self.interrupted_since or now
        handed_over = commands.told_of_interruption and (written or self.paused_since is not None)
        if not handed_over and now - self.interrupted_since < INTERRUPT_SECONDS:
            return False
        self.rows.flush()
        self.rows.store.finish(self.rows.run_id, "lost", error=INTERRUPTED, worker=self.rows.worker)
        return True

    def _parked(self, commands: StoreCommands) -> bool:
        """Give up the slot of a run that was paused, and told nothing, for long."""
        if self.paused_since is None:
            return False
        if time.monotonic() - max(self.paused_since, commands.last) < self.park_after:
            return False
        self.rows.flush()
        return self.rows.store.park(self.rows.run_id, self.rows.worker)


def _fail(store: Store, run_id: str, worker: Process, error: Exception) -> None:
    """Note why the run ended; where even that cannot be written, the lease runs out and the run counts as lost."""
    sentence = _sentence(error, store.run_folder(run_id))
    print(sentence, file=sys.stderr)
    try:
        store.finish(run_id, "failed", error=sentence, worker=worker)
    except StillroomError as further:
        print(further, file=sys.stderr)


def _sentence(error: Exception, folder: Path) -> str:
    if isinstance(error, StillroomError):
        return str(error)
    text = str(error)
    short = ("out of memory", "can't allocate memory", "not enough memory")
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
    return f"Something unexpected went wrong: {type(error).__name__}: {text}; the log is at {log}."


# ---- rows and checkpoints on their way ------------------------------------------------------------------------------


class _Rows:
    """Events on their way into the store. All writing is done by one thread, the lease's renewal too."""

    def __init__(self, store: Store, run_id: str, worker: Process) -> None:
        self.store, self.run_id, self.worker = store, run_id, worker
        self.seq = 0
        self.waiting: list[Event] = []
        self.trouble: Exception | None = None
        self.flushes_asked = self.flushes_done = 0
        self.ended = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._write, name=f"rows of {run_id}", daemon=True)

    def __enter__(self) -> _Rows:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.changed:
            self.ended = True
            self.changed.notify_all()
        self.thread.join()

    def add(self, event: Event) -> None:
        """Have an event written soon; raises what hindered an earlier one."""
        with self.changed:
            self._raise_trouble()
            self.waiting.append(event)

    def flush(self) -> None:
        """Return when everything added so far is stored and the lease is seen to hold."""
        with self.changed:
            self.flushes_asked += 1
            mine = self.flushes_asked
            self.changed.notify_all()
            while self.flushes_done < mine:
                self._raise_trouble()
                self.changed.wait()
            self._raise_trouble()

    def _raise_trouble(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    def _write(self) -> None:
        renewed = time.monotonic()
        while self.trouble is None:
            with self.changed:
                if not self.ended and self.flushes_asked == self.flushes_done:
                    self.changed.wait(FLUSH_SECONDS)
                events, self.waiting = self.waiting, []
                asked, ended = self.flushes_asked, self.ended
            due = time.monotonic() - renewed > RENEW_SECONDS
            try:
                if events or due or asked > self.flushes_done:
                    self.seq = self.store.record(self.run_id, events, worker=self.worker)
                    renewed = time.monotonic()
            except Exception as error:  # raised again where the run is trained
                self.trouble = error
            with self.changed:
                self.flushes_done = asked
                self.changed.notify_all()
            if ended:
                return


class _Keeper:
    """Decides which checkpoints are written: now and then, the first of a phase, and each when nothing may be lost."""

    def __init__(self, folder: Path, rows: _Rows, every: float, commands: StoreCommands | None) -> None:
        self.folder, self.rows, self.every, self.commands = folder, rows, every, commands
        self.due = False
        self.phase = ""
        self.next = time.monotonic() + every

    def take(self, checkpoint: Checkpoint) -> bool:
        """Write it if it is wanted; returns whether it was."""
        held = self.commands is not None and self.commands.held
        began = time.monotonic()
        if not (self.due or held or checkpoint.phase != self.phase or began >= self.next):
            return False
        self.rows.flush()
        checkpoints.write(self.folder, checkpoint, self.rows.seq)
        self.due, self.phase = False, checkpoint.phase
        # A slow disk must not eat the training: a twentieth of the time goes into checkpoints, unless that makes them rare.
        cost = time.monotonic() - began
        self.next = time.monotonic() + max(self.every, min(20 * cost, 6 * self.every))
        return True
