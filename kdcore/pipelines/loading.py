"""First phase: read the images and choose the transfer set of every data stream."""

from __future__ import annotations

import hashlib
import queue
import time
from collections.abc import Generator, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from kdcore.data import datasets, transfer_set
from kdcore.data.transfer_set import TransferSet
from kdcore.errors import TeacherUnavailable
from kdcore.events import Event, Phase, Progress
from kdcore.experiment import Experiment
from kdcore.pipelines import prefetched_images
from kdcore.pipelines.checks import CheckedExperiment
from kdcore.pipelines.recorded_answers import RecordedAnswers, coverage_note, read_answers
from kdcore.system.background import in_background
from kdcore.training.progress_clock import PROGRESS_SECONDS


@dataclass(frozen=True)
class LoadedData:
    """The images of a run.

    Attributes:
        dataset: on the run's device.
        transfer_sets: one for each data stream, all of the same size.
        device: the device on which the run trains.
        seconds: how long loading took.
        answers: where the teacher is a table of recorded answers, these.
    """

    dataset: datasets.Dataset
    transfer_sets: tuple[TransferSet, ...]
    device: str
    seconds: float
    answers: RecordedAnswers | None = None

    @property
    def transfer_identity(self) -> str:
        """Names what the transfer sets are chosen from where that is not all training images; else empty."""
        if self.answers is None or self.answers.answered["train"].all():
            return ""
        return hashlib.sha256(self.answers.answered["train"].cpu().numpy().tobytes()).hexdigest()


def begin_phase(name: str, device: str, threads: int, precision: str = "") -> Phase:
    """Compute on so many threads from here on; returns the event that says so, and in which precision it trains."""
    torch.set_num_threads(threads)
    return Phase(name, device, threads, precision)


def load_data(
    checked: CheckedExperiment, streams: Sequence[Experiment], data_folder: Path, runs_folder: Path
) -> Generator[Event, None, LoadedData]:
    """Read the dataset, and the teacher's answers where they were recorded, and choose a transfer set for each of `streams`."""
    yield begin_phase("load", checked.device, 1)
    began = time.perf_counter()
    dataset = yield from _dataset(checked, data_folder)
    answers = _answers(checked, dataset, data_folder, runs_folder)
    among = None if answers is None else answers.answered["train"]
    chosen = tuple(transfer_set.transfer_set(dataset.train, stream, among) for stream in streams)
    if answers is not None:
        notes = filter(None, [*dataset.notes, coverage_note(answers)])
        dataset = replace(dataset, notes=tuple(notes))
    return LoadedData(dataset, chosen, checked.device, time.perf_counter() - began, answers)


def _answers(
    checked: CheckedExperiment, dataset: datasets.Dataset, data_folder: Path, runs_folder: Path
) -> RecordedAnswers | None:
    """What was recorded of these images, where that is the teacher."""
    card = checked.teacher_card
    if card is None or not card.is_recorded:
        return None
    answers = read_answers(card, dataset, data_folder, runs_folder)
    if not answers.count("train"):
        raise TeacherUnavailable(
            f"'{card.name}' has answers to none of the training images, so that nobody can learn from it. Choose another teacher; "
            "answers to test images can be kept as a dataset of their own (python -m kdcore teachers add --as-dataset NAME)."
        )
    return answers


def _dataset(checked: CheckedExperiment, data_folder: Path) -> Generator[Event, None, datasets.Dataset]:
    """The images, which may have been read before the run came."""
    dataset = prefetched_images.take(checked.experiment, data_folder) if checked.device == "cpu" else None
    if dataset is None:
        dataset = yield from _read(checked, data_folder)
    return dataset.with_validation_in_training() if checked.experiment.train_on_validation else dataset


def _read(checked: CheckedExperiment, data_folder: Path) -> Generator[Event, None, datasets.Dataset]:
    """Load in a thread of its own, so that a download reports its progress meanwhile; whoever is interrupted waits for no download."""
    reports: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()
    load = partial(
        datasets.load,
        checked.experiment.dataset,
        folder=data_folder,
        image_size=checked.experiment.image_size,
        split_seed=checked.experiment.split_seed,
        device=checked.device,
        progress=lambda what, done, total: reports.put((done, total)),
    )
    loading = in_background(load)
    while not wait([loading], timeout=PROGRESS_SECONDS).done:
        while not reports.empty():
            done, total = reports.get()
            latest = Progress("load", done, total, 0.0, 1)
            if reports.empty():
                yield latest
    return loading.result()
