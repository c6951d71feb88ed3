"""Fourth phase: train the students and their twins on shared batches, with the teacher's outputs for them."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from kdcore.data.datasets import Split
from kdcore.data.image_urls import data_url
from kdcore.events import Checkpoint, Commands, Event, Pinned
from kdcore.experiment import Experiment
from kdcore.pipelines.arithmetic_choice import Arithmetic
from kdcore.pipelines.find_or_train_teacher import LoadedTeacher, ObtainedTeacher, answered
from kdcore.pipelines.loading import LoadedData, begin_phase
from kdcore.plan import Stage
from kdcore.system.precision import Precision
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream
from kdcore.training.loop import Pruner, TrainingLoop
from kdcore.training.loop_schedule import SNAPSHOTS
from kdcore.training.members import Member, State, TrainedNetwork
from kdcore.training.nan_guard import DivergenceGuard

STUDENTS = "students"
MAX_PINNED = 6


@dataclass(frozen=True)
class OpenedStreams:
    """The data streams of a run, and the seconds in which the teacher computed its outputs for them."""

    streams: tuple[DataStream, ...]
    seconds: float


@dataclass(frozen=True)
class TrainedStudents:
    """How the phase ended.

    Attributes:
        weights: by role, of every network that learned to the end: the last, or the best on validation.
        earlier: by role, networks that learned in an earlier stage only.
        stopped: whether the run was stopped before its end.
        epochs: how many were done.
        arithmetic: on how many processor threads and in which precision.
        seconds: of training, without pauses.
        processor_seconds: the same, of all threads together.
        teacher_seconds: in which the teacher computed its outputs beforehand.
        diverged: why members left whose losses are no numbers, by role.
        twin_hash: under which a later run finds the twin; empty where it does not.
        twin_run: the run that trained the twin before; empty where it was trained here.
    """

    weights: Mapping[str, State]
    earlier: Mapping[str, TrainedNetwork]
    stopped: bool
    epochs: float
    arithmetic: Arithmetic
    seconds: float
    processor_seconds: float
    teacher_seconds: float
    diverged: Mapping[str, str] = field(default_factory=dict)
    twin_hash: str = ""
    twin_run: str = ""


def open_streams(
    data: LoadedData,
    teacher: ObtainedTeacher,
    experiments: Sequence[Experiment],
    stages: Sequence[Stage],
    precision: Precision,
) -> Generator[Event, None, OpenedStreams]:
    """A data stream for each transfer set and its experiment; the teacher's outputs are computed where they can be kept."""
    streams: list[DataStream] = []
    seconds = 0.0
    for transfer, experiment in zip(data.transfer_sets, experiments, strict=True):
        sampler = BatchSampler(transfer, experiment.recipe, experiment.order_seed, data.dataset.black)
        outputs = teacher.outputs(sampler, stages, precision, experiment)
        if outputs is not None and teacher.teacher is not None and outputs.computed_once:
            phase = begin_phase("teacher_logits", data.device, teacher.teacher.threads, precision)
            if not streams:
                yield phase
            began = time.perf_counter()
            _ = outputs.on_transfer_set, outputs.features
            seconds += time.perf_counter() - began
        streams.append(DataStream(sampler, outputs))
    return OpenedStreams(tuple(streams), seconds)


def train_students(
    cohort: Cohort,
    opened: OpenedStreams,
    pinned: Pinned,
    data: LoadedData,
    arithmetic: Arithmetic,
    commands: Commands,
    resume: Checkpoint | None,
    *,
    snapshots: int = SNAPSHOTS,
    pruner: Pruner | None = None,
    chosen_on: Split | None = None,
    guard: DivergenceGuard | None = None,
) -> Generator[Event, None, TrainedStudents]:
    """Train the cohort to its end.

    snapshots: how often at most the pinned images are evaluated. chosen_on: the images that choose which weights are kept,
    the validation images unless given. guard: what becomes of members whose losses are no numbers.
    """
    training = TrainingLoop(
        STUDENTS,
        cohort,
        opened.streams,
        data.dataset.validation,
        commands,
        pinned=pinned.images,
        snapshots=snapshots,
        pruner=pruner,
        chosen_on=chosen_on,
        guard=guard or DivergenceGuard(),
    )
    yield from training.run(resume)
    return _trained(training, arithmetic, opened)


def _trained(training: TrainingLoop, arithmetic: Arithmetic, opened: OpenedStreams) -> TrainedStudents:
    """How the phase ended, from the loop that has."""
    return TrainedStudents(
        weights=training.final_weights(),
        earlier=training.cohort.earlier(),
        stopped=training.stopped,
        epochs=training.epoch,
        arithmetic=arithmetic,
        seconds=training.seconds,
        processor_seconds=training.stopwatch.processor,
        teacher_seconds=opened.seconds,
        diverged=training.guard.diverged,
    )


def pinned_images(data: LoadedData, teacher: LoadedTeacher | None, omitted: Sequence[int]) -> Pinned:
    """Up to six validation images of different classes: those that the teacher gets right and is least sure of; what was left out comes first."""
    dataset, split = data.dataset, data.dataset.validation
    logits = None if teacher is None else teacher.logits_on("validation", split)
    if logits is not None and not len(answered(logits)):
        logits = None
    order = range(len(split)) if logits is None else _least_sure(logits, split.labels)
    chosen: dict[int, int] = {}
    for i in sorted(order, key=lambda i: int(split.labels[i]) not in omitted):
        chosen.setdefault(int(split.labels[i]), i)
        if len(chosen) == MAX_PINNED:
            break
    indices = list(chosen.values())
    return Pinned(
        images=tuple(indices),
        labels=tuple(chosen),
        png=tuple(data_url(split.images[i], dataset.mean, dataset.std) for i in indices),
        teacher_logits=() if logits is None else tuple(tuple(row) for row in logits[indices].tolist()),
        classes=dataset.classes,
    )


def networks_by_role(members: Sequence[Member]) -> dict[str, str]:
    """The name of every learning network, by the role that events give it."""
    return {
        member.network_role(name): network
        for member in members
        for stage in member.stages
        for name, network in stage.learns.items()
    }


def _least_sure(logits: Tensor, labels: Tensor) -> list[int]:
    """The images that get their label's class, by falling entropy of the softmax; those without an answer are left out."""
    log_p = logits.log_softmax(dim=1)
    entropy = -(log_p.exp() * log_p).sum(dim=1)
    right = ((logits.argmax(dim=1) == labels) & ~entropy.isnan()).tolist()
    return [i for i in torch.argsort(entropy, descending=True).tolist() if right[i]]
