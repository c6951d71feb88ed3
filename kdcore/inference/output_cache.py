"""Images and what networks answered about them, on the disk: written whole, read as memory maps, without torch.

Below `<runs>/kept/answers` a folder holds one dataset's images as split, another one network's answers about them:
`images-<question>/` and `<weights>-<question>/`. A file is named after its split and what it holds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdcore import teachers
from kdcore.atomic_files import PART, atomic_file
from kdcore.data import catalogue
from kdcore.errors import OutOfResources
from kdcore.inference.models import InferenceModel

SPLITS = ("test", "validation", "train")
"""In the order in which they are asked about."""
MOST_TRAIN = 10_000
"""Images of a transfer set that are asked about; fidelity needs no more."""
MOST_PROJECTED = 2_000
NEWEST = 100
"""Folders of answers and files of projections that are kept; those go first that were not used for longest."""
ABANDONED_SECONDS = 3600.0
"""An unfinished file of this age is nobody's."""
OVER_SECONDS = 24 * 3600.0
"""A job that has told nothing for so long is over."""


@dataclass(frozen=True)
class Images:
    """Images of one split: pixels uint8 [n, channels, h, w] from 0 (black) to 255 (white), labels int64 [n], as published."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class NetworkOutputs:
    """What one network answered about a split's images: logits float32 [n, C], penultimate features float32 [n, d].

    features: None for training images, which nothing projects.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32] | None


# ---- what was asked -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """The images that a network is asked about: a dataset of a data folder, as split; `transfer` as in `Knower`."""

    dataset: str
    image_size: int
    split_seed: int
    data_folder: Path
    transfer: str = ""

    @cached_property
    def key(self) -> str:
        """Names the images as they lie in the data folder now; other files there, another name."""
        about = [self.dataset, self.image_size, self.split_seed, *self._state()]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:16]

    def _state(self) -> list[Any]:
        if self.dataset == "digits":  # they come with scikit-learn
            return []
        if source := catalogue.SOURCES.get(self.dataset):
            paths = [self.data_folder / source.folder / file for file in source.files]
        else:
            root = self.data_folder / self.dataset
            paths = [root, *sorted(root.glob("t*/")), *sorted(root.glob("t*/*/"))]
        return [str(self.data_folder), *(_status(path) for path in paths)]

    def name(self, split: str) -> str:
        """The split's name on the disk; training images are those of one transfer set."""
        if split != "train" or not self.transfer:
            return split
        return f"train-{hashlib.sha256(self.transfer.encode()).hexdigest()[:8]}"


def question(knower: InferenceModel, data_folder: Path | None = None) -> Question:
    """The images that a network is asked about: its own dataset's, as its run split them."""
    folder = data_folder or catalogue.data_folder()
    return Question(knower.dataset, knower.image_size, knower.split_seed, folder, knower.transfer)


def unavailable(asked: Question) -> str:
    """What is missing of the images and what to do, in a sentence; empty where they are here.

    Raises:
        DataUnavailable: nobody knows the dataset, or its folder cannot be used as it is.
    """
    entry = catalogue.entry(asked.dataset, asked.data_folder)
    return "" if entry.available else entry.why_not


def _status(path: Path) -> list[int]:
    try:
        status = path.stat()
    except OSError:
        return []
    return [status.st_size if path.is_file() else 0, status.st_mtime_ns]


# ---- reading --------------------------------------------------------------------------------------------------------


def images(
    knower: InferenceModel, split: str, runs_folder: Path, data_folder: Path | None = None
) -> Images | None:
    """A split of the images that the network was asked about, as memory maps; None before they were kept."""
    asked = question(knower, data_folder)
    place = images_place(asked, runs_folder)
    name = asked.name(split)
    pixels, labels = _mapped(place / f"{name}.pixels.npy"), _mapped(place / f"{name}.labels.npy")
    if pixels is None or labels is None or len(pixels) != len(labels):
        return None
    return Images(pixels, labels)


def answers(
    knower: InferenceModel, split: str, runs_folder: Path, data_folder: Path | None = None
) -> NetworkOutputs | None:
    """What the network answered about a split's images, as memory maps; None before it was asked."""
    asked = question(knower, data_folder)
    place = answers_place(knower, asked, runs_folder)
    name = asked.name(split)
    logits = _mapped(place / f"{name}.logits.npy")
    if logits is None:
        return None
    return NetworkOutputs(logits, _mapped(place / f"{name}.features.npy"))


def projection(
    knowers: Sequence[InferenceModel],
    split: str,
    method: str,
    runs_folder: Path,
    most: int = MOST_PROJECTED,
    data_folder: Path | None = None,
) -> list[NDArray[np.float64]] | None:
    """The networks' features of a split in the plane, [n, 2] each, aligned to the first; None before it was computed.

    Which images they are, `sampled` says.
    """
    points = _mapped(projection_path(knowers, split, method, runs_folder, most, data_folder))
    return None if points is None else list(points)


def sampled(count: int, most: int) -> NDArray[np.int64]:
    """The places [min(count, most)] of `most` among `count` images, ascending; the same choice every time."""
    if count <= most:
        return np.arange(count, dtype=np.int64)
    return np.sort(np.random.default_rng(0).permutation(count)[:most].astype(np.int64))


def missing(
    knowers: Sequence[InferenceModel],
    splits: Sequence[str],
    runs_folder: Path,
    data_folder: Path | None = None,
) -> list[tuple[InferenceModel, str]]:
    """What was not asked yet, split by split."""
    asked = [(knower, question(knower, data_folder)) for knower in knowers]
    return [
        (knower, split)
        for split in splits
        for knower, about in asked
        if not (images_place(about, runs_folder) / f"{about.name(split)}.labels.npy").is_file()
        or not (answers_place(knower, about, runs_folder) / f"{about.name(split)}.logits.npy").is_file()
    ]


def _mapped(path: Path) -> NDArray[Any] | None:
    try:
        found: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):  # absent, or cut short
        return None
    return found


# ---- where it lies --------------------------------------------------------------------------------------------------


def folder(runs_folder: Path) -> Path:
    """Where images, answers and projections are kept."""
    return teachers.kept_folder(runs_folder) / "answers"


def images_place(asked: Question, runs_folder: Path) -> Path:
    """The folder of a question's images."""
    return folder(runs_folder) / f"images-{asked.key}"


def answers_place(knower: InferenceModel, asked: Question, runs_folder: Path) -> Path:
    """The folder of a network's answers."""
    return folder(runs_folder) / f"{knower.digest[:32]}-{asked.key}"


def projection_path(
    knowers: Sequence[InferenceModel],
    split: str,
    method: str,
    runs_folder: Path,
    most: int = MOST_PROJECTED,
    data_folder: Path | None = None,
) -> Path:
    """The file of a projection: it depends on the networks in their order, the images, the method, and how many."""
    asked = [question(knower, data_folder) for knower in knowers]
    about = [[k.digest, q.key, q.name(split)] for k, q in zip(knowers, asked, strict=True)]
    name = hashlib.sha256(json.dumps([about, method, most]).encode()).hexdigest()[:32]
    return folder(runs_folder) / f"projection-{name}.npy"


# ---- writing --------------------------------------------------------------------------------------------------------


def keep(path: Path, values: NDArray[Any]) -> None:
    """Write an array under another name first, so that where the file stands it is whole.

    Raises:
        OutOfResources: the folder cannot be written.
    """
    try:
        with atomic_file(path) as file:
            np.save(file, values, allow_pickle=False)
    except OSError as error:
        raise OutOfResources(
            f"{path.parent} cannot be written ({error.strerror}). Free some space or make it writable."
        ) from error


def mark_used(knowers: Sequence[InferenceModel], runs_folder: Path, data_folder: Path | None = None) -> None:
    """Make the folders of the networks' images and answers the newest, so that `forget_old` leaves them."""
    for knower in knowers:
        asked = question(knower, data_folder)
        for place in (images_place(asked, runs_folder), answers_place(knower, asked, runs_folder)):
            with contextlib.suppress(OSError):  # absent, or another user's: it only grows older
                os.utime(place)


def forget_old(runs_folder: Path, newest: int = NEWEST) -> None:
    """Leave the folders and projections last used, and nothing of processes that were killed or ended long ago."""
    whole = folder(runs_folder)
    try:
        kept = [path for path in whole.glob("*") if path.is_dir() or path.suffix == ".npy"]
        for old in sorted(kept, key=lambda path: path.stat().st_mtime)[:-newest]:
            if old.is_dir():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.unlink(missing_ok=True)
        _sweep(whole.rglob(f"*{PART}"), ABANDONED_SECONDS)
        _sweep(whole.glob("*.progress.json"), OVER_SECONDS)
    except FileNotFoundError:  # another process was quicker
        return


def _sweep(paths: Iterable[Path], age: float) -> None:
    for path in paths:
        if time.time() - path.stat().st_mtime > age:
            path.unlink(missing_ok=True)
