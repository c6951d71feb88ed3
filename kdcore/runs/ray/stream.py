"""A run between two machines: trained on a node of a Ray cluster, heard and told from the driver's side.

The node runs the very generator that a worker would run, as a streaming remote task. Its events come back in small lists,
tensors as safetensors bytes. Commands wait in a mailbox, an actor beside the driver, until the run asks for them.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import ray
from ray.actor import ActorHandle

import kdcore
from kdcore import teachers
from kdcore.data.catalogue import data_folder
from kdcore.errors import BrokenInstallation, DataUnavailable
from kdcore.events import Checkpoint, Command, Event, Finished, HotChange, Phase, Trained
from kdcore.experiment import Experiment
from kdcore.runs.job_pipeline import JobPipeline, pipeline_of
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store_commands import POLL_SECONDS, WAIT_SECONDS
from kdcore.runs.training_job import JobKind, read_job
from kdcore.system.allocator import keep_freed_memory

SEND_SECONDS = 0.2


@dataclass(frozen=True)
class RemoteJob:
    """What a node is asked to train. files: of its teacher, as `teachers.files_of`.

    address, told: where its commands come from, and those that it shall obey before anything else. experiment, kind, job: as a run's record holds them. generator: "module:function" in place of what the record says.
    """

    address: str
    experiment: str
    kind: JobKind
    job: str
    generator: str
    resume: PackedEvent | None
    files: Mapping[str, bytes]
    told: Sequence[Command]
    cpus: int
    version: str = kdcore.__version__


class PackedEvent(NamedTuple):
    """An event without its tensors, and those as the bytes of a safetensors file: to be read where there is no GPU."""

    event: Checkpoint | Trained
    tensors: bytes


class TeacherFiles(NamedTuple):
    """Files of a teacher that the node has trained, by their path below the runs folder."""

    content: Mapping[str, bytes]


SentItem = Event | PackedEvent | TeacherFiles


def pack_event(event: Checkpoint | Trained) -> PackedEvent:
    """An event on its way; the tensors are copied."""
    from safetensors.torch import save

    tensors = {name: t.detach().cpu().contiguous().clone() for name, t in event.tensors.items()}
    return PackedEvent(replace(event, tensors={}), save(tensors))


def unpack_event(packed: PackedEvent) -> Checkpoint | Trained:
    """What was packed, its tensors in main memory."""
    from safetensors.torch import load

    return replace(packed.event, tensors=load(packed.tensors))


# ---- on the node ----------------------------------------------------------------------------------------------------


def train_on_node(order: RemoteJob, mailbox: ActorHandle[CommandMailbox]) -> Iterator[list[SentItem]]:
    """The run's events, in lists; what the node's folders hold of its teacher is completed first.

    Raises:
        StillroomError: whatever stops the run, in a sentence.
    """
    if order.version != kdcore.__version__:
        raise BrokenInstallation(
            f"The node {socket.gethostname()} has Stillroom {kdcore.__version__}, the server {order.version}. "
            "Install the same version on both."
        )
    os.environ["OMP_NUM_THREADS"] = str(order.cpus)
    keep_freed_memory()
    teachers.store_files(order.files, runs_folder())
    experiment = Experiment.from_json(order.experiment)
    generate = imported(order.generator) if order.generator else pipeline_of(read_job(order.kind, order.job))
    resume = None if order.resume is None else unpack_event(order.resume)
    assert not isinstance(resume, Trained)
    events = generate(
        experiment,
        data_folder=data_folder(),
        runs_folder=runs_folder(),
        commands=MailboxCommands(mailbox, order.address, order.told),
        resume=resume,
    )
    try:
        yield from batched_events(_with_teacher(events, experiment, order.files))
    except DataUnavailable as error:
        raise DataUnavailable(
            f"{error} It is the node {socket.gethostname()} that lacks it.", where=data_folder()
        ) from error


def imported(generator: str) -> JobPipeline:
    """What "module:function" names."""
    module, _, function = generator.partition(":")
    pipeline: JobPipeline = getattr(importlib.import_module(module), function)
    return pipeline


def batched_events(events: Iterable[Event | TeacherFiles]) -> Iterator[list[SentItem]]:
    """Events, together where they come fast; at once what a reader waits for, and tensors, which change at the next step."""
    waiting: list[SentItem] = []
    sent = time.monotonic()
    try:
        for event in events:
            tensors = isinstance(event, Checkpoint | Trained)
            waiting.append(pack_event(event) if isinstance(event, Checkpoint | Trained) else event)
            if (
                tensors
                or isinstance(event, Phase | HotChange | Finished)
                or time.monotonic() - sent > SEND_SECONDS
            ):
                yield waiting
                waiting, sent = [], time.monotonic()
    except Exception:
        yield waiting  # the curves up to the error are kept
        raise


def _with_teacher(
    events: Iterable[Event], experiment: Experiment, known: Mapping[str, bytes]
) -> Iterator[Event | TeacherFiles]:
    """The events, and after those of a teacher's training its files: the next run may go to another node."""
    taught = False
    for event in events:
        if taught:
            found = teachers.files_of(experiment, runs_folder())
            yield TeacherFiles({name: content for name, content in found.items() if name not in known})
        taught = isinstance(event, Trained) and event.role == "teacher"
        yield event


class MailboxCommands:
    """The channel into a run on a node: it has always asked the mailbox for what comes next."""

    def __init__(
        self, mailbox: ActorHandle[CommandMailbox], address: str, first: Sequence[Command] = ()
    ) -> None:
        self.mailbox, self.address, self.first = mailbox, address, list(first)
        self.looked = 0.0
        self._ask(had=0)

    def poll(self) -> list[Command]:
        """What has come, at once; looks every 50 ms."""
        if self.first:
            first, self.first = self.first, []
            return first
        if time.monotonic() - self.looked < POLL_SECONDS:
            return []
        return self._look(0.0)

    def wait(self) -> list[Command]:
        """What comes within a quarter of a second."""
        return self._look(WAIT_SECONDS)

    def _ask(self, had: int) -> None:
        self.next: Any = self.mailbox.take.remote(self.address, had)

    def _look(self, seconds: float) -> list[Command]:
        ready, _ = ray.wait([self.next], timeout=seconds)
        self.looked = time.monotonic()
        if not ready:
            return []
        commands: list[Command] = ray.get(self.next)
        self._ask(had=len(commands))
        return commands


# ---- between them ---------------------------------------------------------------------------------------------------


@dataclass
class PendingCommands:
    """Commands for one run that it is not known to have, and whether there are any."""

    commands: list[Command] = field(default_factory=list)
    filled: asyncio.Event = field(default_factory=asyncio.Event)


class CommandMailbox:
    """Commands on their way to runs. What a run has not asked beyond is kept: its node may have died with it."""

    def __init__(self) -> None:
        self.boxes: dict[str, PendingCommands] = {}

    async def put(self, address: str, commands: Sequence[Command]) -> None:
        """Leave commands for a run."""
        box = self.boxes.setdefault(address, PendingCommands())
        box.commands += commands
        box.filled.set()

    async def take(self, address: str, had: int) -> list[Command]:
        """The commands after the first `had` ones of the last answer, as soon as there are any."""
        box = self.boxes.setdefault(address, PendingCommands())
        del box.commands[:had]
        if not box.commands:
            box.filled.clear()
        await box.filled.wait()
        return list(box.commands)

    async def close(self, address: str) -> list[Command]:
        """Forget a run that has ended; returns what it did not get."""
        box = self.boxes.pop(address, PendingCommands())
        box.filled.set()
        return box.commands
