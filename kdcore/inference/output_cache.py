"""Networks' outputs and the images they were computed on, on the disk: written whole, read as memory maps, without torch.

Below `<runs>/kept/answers` one folder holds a dataset's images as split, another one network's outputs on them:
`images-<selection>/` and `<weights>-<selection>/`. A file is named after its split and what it holds.
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
"""In the order in which outputs are computed."""
MAX_TRAIN_IMAGES = 10_000
"""Images of a transfer set that networks are run on; fidelity needs no more."""
MAX_PROJECTED = 2_000
NEWEST_KEPT = 100
"""Folders of outputs and files of projections that are kept; the least recently used go first."""
ABANDONED_SECONDS = 3600.0
"""Age at which an unfinished file counts as abandoned."""
STATUS_SECONDS = 24 * 3600.0
"""Age at which a job's progress file counts as that of a job that is over."""


@dataclass(frozen=True)
class CachedImages:
    """Images of one split: pixels uint8 [n, channels, h, w] from 0 (black) to 255 (white), labels int64 [n], as published."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class NetworkOutputs:
    """One network's outputs on a split's images: logits float32 [n, C], penultimate features float32 [n, d].

    features: None for training images, which nothing projects.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32] | None


# ---- which images ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ImageSelection:
    """The images that networks are run on: a dataset of a data folder, as split; `transfer` as in `InferenceModel`."""

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
        if self.dataset in catalogue.GENERATED:
            return [catalogue.GENERATED[self.dataset].version]
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


def selection_of(model: InferenceModel, data_folder: Path | None = None) -> ImageSelection:
    """The images that a network is run on: its own dataset's, as its run split them."""
    cache_folder = data_folder or catalogue.data_folder()
    return ImageSelection(model.dataset, model.image_size, model.split_seed, cache_folder, model.transfer)


def unavailable_reason(selection: ImageSelection) -> str:
    """What is missing of the images and what to do, in a sentence; empty where they are here.

    Raises:
        DataUnavailable: nobody knows the dataset, or its folder cannot be used as it is.
    """
    entry = catalogue.entry(selection.dataset, selection.data_folder)
    return "" if entry.available else entry.why_not


def _status(path: Path) -> list[int]:
    try:
        status = path.stat()
    except OSError:
        return []
    return [status.st_size if path.is_file() else 0, status.st_mtime_ns]


# ---- reading --------------------------------------------------------------------------------------------------------


def cached_images(
    model: InferenceModel, split: str, runs_folder: Path, data_folder: Path | None = None
) -> CachedImages | None:
    """A split of the images that the network was run on, as memory maps; None before they were stored."""
    selection = selection_of(model, data_folder)
    folder = images_folder(selection, runs_folder)
    name = selection.name(split)
    pixels, labels = _mapped(folder / f"{name}.pixels.npy"), _mapped(folder / f"{name}.labels.npy")
    if pixels is None or labels is None or len(pixels) != len(labels):
        return None
    return CachedImages(pixels, labels)


def cached_outputs(
    model: InferenceModel, split: str, runs_folder: Path, data_folder: Path | None = None
) -> NetworkOutputs | None:
    """The network's outputs on a split's images, as memory maps; None before they were computed."""
    selection = selection_of(model, data_folder)
    folder = outputs_folder(model, selection, runs_folder)
    name = selection.name(split)
    logits = _mapped(folder / f"{name}.logits.npy")
    if logits is None:
        return None
    return NetworkOutputs(logits, _mapped(folder / f"{name}.features.npy"))


def cached_projection(
    models: Sequence[InferenceModel],
    split: str,
    method: str,
    runs_folder: Path,
    most: int = MAX_PROJECTED,
    data_folder: Path | None = None,
) -> list[NDArray[np.float64]] | None:
    """The networks' features of a split in the plane, [n, 2] each, aligned to the first; None before it was computed.

    `sample_rows` says which images they are of.
    """
    points = _mapped(projection_path(models, split, method, runs_folder, most, data_folder))
    return None if points is None else list(points)


def sample_rows(count: int, most: int) -> NDArray[np.int64]:
    """The places [min(count, most)] of `most` among `count` images, ascending; the same choice every time."""
    if count <= most:
        return np.arange(count, dtype=np.int64)
    return np.sort(np.random.default_rng(0).permutation(count)[:most].astype(np.int64))


def missing_outputs(
    models: Sequence[InferenceModel],
    splits: Sequence[str],
    runs_folder: Path,
    data_folder: Path | None = None,
) -> list[tuple[InferenceModel, str]]:
    """The networks and splits whose outputs or images are not in the cache, split by split."""
    selections = [(model, selection_of(model, data_folder)) for model in models]
    return [
        (model, split)
        for split in splits
        for model, selection in selections
        if not (images_folder(selection, runs_folder) / f"{selection.name(split)}.labels.npy").is_file()
        or not (
            outputs_folder(model, selection, runs_folder) / f"{selection.name(split)}.logits.npy"
        ).is_file()
    ]


def _mapped(path: Path) -> NDArray[Any] | None:
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):  # absent, or cut short
        return None
    return array


# ---- paths -----------------------------------------------------------------------------------------------------------


def cache_folder(runs_folder: Path) -> Path:
    """Where images, outputs and projections are stored."""
    return teachers.kept_folder(runs_folder) / "answers"


def images_folder(selection: ImageSelection, runs_folder: Path) -> Path:
    """The folder of the selected images."""
    return cache_folder(runs_folder) / f"images-{selection.key}"


def outputs_folder(model: InferenceModel, selection: ImageSelection, runs_folder: Path) -> Path:
    """The folder of a network's outputs on the selected images."""
    return cache_folder(runs_folder) / f"{model.digest[:32]}-{selection.key}"


def projection_path(
    models: Sequence[InferenceModel],
    split: str,
    method: str,
    runs_folder: Path,
    most: int = MAX_PROJECTED,
    data_folder: Path | None = None,
) -> Path:
    """The file of a projection: it depends on the networks in their order, the images, the method, and how many."""
    selections = [selection_of(model, data_folder) for model in models]
    inputs = [[m.digest, s.key, s.name(split)] for m, s in zip(models, selections, strict=True)]
    name = hashlib.sha256(json.dumps([inputs, method, most]).encode()).hexdigest()[:32]
    return cache_folder(runs_folder) / f"projection-{name}.npy"


# ---- writing --------------------------------------------------------------------------------------------------------


def store_array(path: Path, values: NDArray[Any]) -> None:
    """Write an array under another name first, so that where the file stands it is whole.

    Raises:
        OutOfResources: the folder cannot be written.
    """
    try:
        with atomic_file(path) as file:
            np.save(file, values, allow_pickle=False)
    except OSError as error:
        raise OutOfResources(
            f"The runs folder cannot be written ({error.strerror}). Free some space or make it writable.",
            where=path.parent,
        ) from error


def mark_used(models: Sequence[InferenceModel], runs_folder: Path, data_folder: Path | None = None) -> None:
    """Make the folders of the networks' images and outputs the newest, so that `forget_old` leaves them."""
    for model in models:
        selection = selection_of(model, data_folder)
        for folder in (images_folder(selection, runs_folder), outputs_folder(model, selection, runs_folder)):
            with contextlib.suppress(OSError):  # absent, or another user's: it only grows older
                os.utime(folder)


def forget_old(runs_folder: Path, newest: int = NEWEST_KEPT) -> None:
    """Leave the folders and projections last used, and nothing of processes that were killed or ended long ago."""
    whole = cache_folder(runs_folder)
    try:
        kept = [path for path in whole.glob("*") if path.is_dir() or path.suffix == ".npy"]
        for old in sorted(kept, key=lambda path: path.stat().st_mtime)[:-newest]:
            if old.is_dir():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.unlink(missing_ok=True)
        _remove_older(whole.rglob(f"*{PART}"), ABANDONED_SECONDS)
        _remove_older(whole.glob("*.progress.json"), STATUS_SECONDS)
    except FileNotFoundError:  # another process was quicker
        return


def _remove_older(paths: Iterable[Path], age: float) -> None:
    for path in paths:
        if time.time() - path.stat().st_mtime > age:
            path.unlink(missing_ok=True)
