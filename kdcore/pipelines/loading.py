"""First phase: read the images and choose the transfer set of every data stream."""

from __future__ import annotations

import queue
import time
from collections.abc import Generator, Sequence
from concurrent.futures import wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from kdcore.data import datasets, transfer_set
from kdcore.data.transfer_set import TransferSet
from kdcore.events import Event, Phase, Progress
from kdcore.experiment import Experiment
from kdcore.pipelines.checks import CheckedExperiment
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
    """

    dataset: datasets.Dataset
    transfer_sets: tuple[TransferSet, ...]
    device: str
    seconds: float


def begin_phase(name: str, device: str, threads: int, precision: str = "") -> Phase:
    """Compute on so many threads from here on; returns the event that says so, and in which precision it trains."""
    torch.set_num_threads(threads)
    return Phase(name, device, threads, precision)


def load_data(
    checked: CheckedExperiment, streams: Sequence[Experiment], data_folder: Path
) -> Generator[Event, None, LoadedData]:
    """Read the dataset and choose a transfer set for each of `streams`."""
    yield begin_phase("load", checked.device, 1)
    began = time.perf_counter()
    dataset = yield from _dataset(checked, data_folder)
    chosen = tuple(transfer_set.transfer_set(dataset.train, stream) for stream in streams)
    return LoadedData(dataset, chosen, checked.device, time.perf_counter() - began)


def _dataset(checked: CheckedExperiment, data_folder: Path) -> Generator[Event, None, datasets.Dataset]:
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
    dataset = loading.result()
    return dataset.with_validation_in_training() if checked.experiment.train_on_validation else dataset
