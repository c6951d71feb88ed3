"""Training a recorded run to its end: claimed once, resumed from its newest checkpoint, again where its trainer is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kdcore.errors import RunRefused, StillroomError
from kdcore.events import (
    BatchMetrics,
    Event,
    Gradients,
    Measured,
    Phase,
    Pictures,
    StageChanged,
    TrainerReplaced,
    TwinFound,
    Validation,
)
from kdcore.runs import checkpoints
from kdcore.runs.checkpoint_schedule import CHECKPOINT_SECONDS
from kdcore.runs.finished_twins import find_twin
from kdcore.runs.job_pipeline import JobPipeline, pipeline_of
from kdcore.runs.paused_run_timeout import PARK_SECONDS
from kdcore.runs.queue_limits import QueueLimits
from kdcore.runs.recorder import record_events
from kdcore.runs.run_record import Run, Status
from kdcore.runs.store import Store
from kdcore.runs.store_commands import StoreCommands
from kdcore.system.processes import Process

if TYPE_CHECKING:
    from kdcore.pipelines.find_or_train_twin import FindTwin

FRUITLESS_STARTS = 3
"""Starts from one checkpoint after which a run is given up: it may be what takes its machines down."""

WatchEvents = Callable[[Iterable[Event]], Iterable[Event]]


class TrainerGone(StillroomError):
    """What trained the run is gone: another machine, or a process on it. The run can be resumed from its last checkpoint."""


def train_run(
    store: Store,
    run_id: str,
    *,
    data_folder: Path,
    watch: WatchEvents | None = None,
    search_twin: bool = True,
) -> Run:
    """Claim a run and train it, as `claim_run` and `train_claimed` say; returns the run as it ended.

    Raises:
        RunRefused: the run is unknown, or not to be had: another worker holds it, or it is finished.
    """
    claim_run(store, run_id)
    return train_claimed(store.folder, run_id, data_folder=data_folder, watch=watch, search_twin=search_twin)


def claim_run(
    store: Store,
    run_id: str,
    *,
    parent: Process | None = None,
    of: Sequence[Status] = ("queued", "parked", "lost", "stopped", "failed"),
    slots: int | None = None,
) -> None:
    """Have this process hold a run, as `Store.claim` says.

    Raises:
        RunRefused: the run is unknown, or not to be had: another worker holds it, or it is finished.
    """
    if not store.claim(run_id, Process.me(), parent=parent, of=of, slots=slots):
        raise RunRefused(f"This run is {store.run(run_id).status} and cannot be trained here now.")


def train_claimed(
    runs_folder: Path,
    run_id: str,
    *,
    data_folder: Path,
    pipeline: JobPipeline | None = None,
    watch: WatchEvents | None = None,
    interrupted: threading.Event | None = None,
    checkpoints_every: float = CHECKPOINT_SECONDS,
    park_after: float = PARK_SECONDS,
    search_twin: bool = False,
    limits: QueueLimits | None = None,
) -> Run:
    """Train a run that this process holds from its newest checkpoint, or from its beginning, and record it to its end.

    Failures end in the record, not in an exception: status `failed` and a sentence.

    pipeline: what trains it in place of what its job says. watch: sees the events on their way. interrupted: once set,
    the run ends soon as `lost`, to be resumed. checkpoints_every, park_after: seconds between checkpoints, and until a
    paused run gives up its slot. search_twin: whether a twin that another run trained is taken over.
    limits: what the run may take where a server trains it.
    """
    # Connections of its own: a signal's handler may use the caller's store in the midst of anything done here.
    with closing(Store(runs_folder)) as store, closing(Store(runs_folder)) as command_store:
        commands = StoreCommands(command_store, run_id, interrupted)
        find = partial(find_twin, store, run_id, search=search_twin)
        start = partial(_start, store, run_id, data_folder, commands, pipeline, find)
        newest = partial(checkpoints.newest, store.run_folder(run_id))
        record = partial(record_events, commands=commands, park_after=park_after, limits=limits)
        with closing(_until_finished(newest, start)) as events:
            return record(store, run_id, watch(events) if watch else events, checkpoints_every)


def _start(
    store: Store,
    run_id: str,
    data_folder: Path,
    commands: StoreCommands,
    pipeline: JobPipeline | None,
    find: FindTwin,
    stored: checkpoints.StoredCheckpoint | None,
) -> Iterator[Event]:
    """The run's events from a checkpoint on, its record cut back to it; from the beginning where there is none."""
    store.cut_back(run_id, stored.seq if stored else 0)
    run = store.run(run_id)
    events = (pipeline or pipeline_of(run.job, find))(
        run.experiment,
        data_folder=data_folder,
        runs_folder=store.folder,
        commands=commands,
        resume=stored.checkpoint if stored else None,
    )
    yield from events if stored is None else _without_repeats(events, stored.checkpoint.phase)


def _until_finished(
    newest: Callable[[], checkpoints.StoredCheckpoint | None],
    start: Callable[[checkpoints.StoredCheckpoint | None], Iterator[Event]],
) -> Generator[Event]:
    """The events of a run that is resumed from its newest checkpoint whenever what trains it is gone.

    Raises:
        TrainerGone: that happened again and again without a further checkpoint.
    """
    starts: list[int] = []
    while True:
        stored = newest()
        starts.append(stored.seq if stored else 0)
        try:
            yield from start(stored)
            return
        except TrainerGone:
            if starts[-FRUITLESS_STARTS:] == starts[-1:] * FRUITLESS_STARTS:
                raise
        # The recorder flushes at this event: the next start cuts back what was on its way.
        yield TrainerReplaced()


def _without_repeats(events: Iterator[Event], phase: str) -> Iterator[Event]:
    """Leave out what is measured again on the way to the checkpoint's phase: the record has it."""
    reached = False
    for event in events:
        reached = reached or (isinstance(event, Phase) and event.name == phase)
        if reached or not isinstance(
            event, Validation | BatchMetrics | Gradients | Measured | Pictures | StageChanged | TwinFound
        ):
            yield event
