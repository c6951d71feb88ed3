"""Datasets as whole tensors on the device, split into training, validation and test images."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kdcore.data import catalogue, downloads, generated_datasets, image_folder, tensor_dataset
from kdcore.data.picture_survey import survey
from kdcore.data.raw_images import Bytes, Probabilities, Progress, RawImages
from kdcore.data.stratified import divided
from kdcore.errors import DataUnavailable, OutOfResources

DIGITS_TEST = DIGITS_VALIDATION = 360
"""A fifth of the 1,797 digits each; the test images are the same whatever the split's seed."""


@dataclass(frozen=True)
class Split:
    """Images [n, channels, h, w] in float32, normalised and contiguous, and class numbers [n] in int64.

    truth: the probabilities [n, classes] in float32 from which the class numbers were drawn; None where nobody knows them.
    """

    images: Tensor
    labels: Tensor
    truth: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class SplitIndices:
    """Where the images of a dataset stand among those that were published, each [n].

    train and validation: among the published training images. test: among all that were published where no test images
    were (digits; there train and validation are places among all too), else None: the published test images.
    """

    train: Tensor
    validation: Tensor
    test: Tensor | None


@dataclass(frozen=True)
class Dataset:
    """A dataset on a device. `mean` and `std` are of the training images, per channel, black being 0 and white 1.

    trains_on_validation: whether the training images hold the validation images too. notes: what a reader should know of how its
    pictures were read and split, in sentences. places: where its images stand among those that were published.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    mean: tuple[float, ...]
    std: tuple[float, ...]
    trains_on_validation: bool = False
    notes: tuple[str, ...] = ()
    places: SplitIndices | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.classes)

    @cached_property
    def digest(self) -> str:
        """Names these very images and labels, as split: what was computed from others is not for them.

        Every picture of 8 x 8 pixels or more lends some of its pixels.
        """
        found = hashlib.sha256()
        for split in (self.train, self.validation, self.test):
            found.update(split.images.flatten()[::61].cpu().numpy().tobytes())
            found.update(split.labels.cpu().numpy().tobytes())
        return found.hexdigest()[:16]

    def with_validation_in_training(self) -> Dataset:
        """The same dataset, its validation images also behind its training images; mean and std stay those of the latter."""
        joined = _joined(self.train, self.validation)
        places = self.places and replace(
            self.places, train=torch.cat([self.places.train, self.places.validation])
        )
        return replace(self, train=joined, trains_on_validation=True, places=places)

    @property
    def black(self) -> Tensor:
        """A black pixel as the networks see it [channels], on the dataset's device."""
        black = [-mean / std for mean, std in zip(self.mean, self.std, strict=True)]
        return torch.tensor(black, device=self.train.images.device)


def _joined(first: Split, second: Split) -> Split:
    images, labels = torch.cat([first.images, second.images]), torch.cat([first.labels, second.labels])
    if first.truth is None or second.truth is None:
        return Split(images, labels)
    return Split(images, labels, torch.cat([first.truth, second.truth]))


def load(
    name: str,
    *,
    folder: Path | None = None,
    image_size: int = 32,
    split_seed: int = 0,
    device: str = "cpu",
    download: bool = True,
    progress: Progress | None = None,
) -> Dataset:
    """A dataset as tensors on `device`.

    Digits are split 60/20/20. Elsewhere the test images are the published ones (of a folder: `test/`), and 5,000 training
    images, at most a tenth, are kept for validation. All splits are stratified.

    Args:
        name: one of the catalogue's.
        folder: the data folder, else the environment's.
        image_size: side in pixels to which a folder's pictures are resized; other datasets keep their size.
        split_seed: which training images are kept for validation.
        device: as torch names it.
        download: whether a missing dataset may be fetched.
        progress: called with what is being done, how much is done, and how much there is.

    Raises:
        DataUnavailable: unknown, missing, damaged, or not to be fetched; the sentence says which.
        OutOfResources: no memory on the device, or no space on the disk.
    """
    folder = Path(folder) if folder else catalogue.data_folder()
    entry = catalogue.entry(name, folder)
    pixels = _read(name, folder, image_size, download, progress)
    try:
        return _on_device(name, entry.title, pixels, split_seed, device)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise OutOfResources(
            f"{entry.title} does not fit into the memory of '{device}'. Choose device 'cpu' or a smaller image size."
        ) from error


def _on_device(name: str, title: str, pixels: RawImages, split_seed: int, device: str) -> Dataset:
    """The images split, normalised by the training images' moments, and moved."""
    labels = torch.from_numpy(pixels.train_labels)
    train, validation = divided(labels, _held_out(name, pixels), split_seed)
    train_images = pixels.train_images[train.numpy()]
    mean, std = _moments(train_images, pixels.white)

    def split(images: Bytes, labels: Tensor, truth: Probabilities | None) -> Split:
        known = None if truth is None else torch.from_numpy(truth).to(device)
        return Split(_normalised(images, pixels.white, mean, std, device), labels.to(device), known)

    def train_truth(taken: Tensor) -> Probabilities | None:
        return None if pixels.train_truth is None else pixels.train_truth[taken.numpy()]

    return Dataset(
        name,
        title,
        pixels.classes,
        train=split(train_images, labels[train], train_truth(train)),
        validation=split(
            pixels.train_images[validation.numpy()], labels[validation], train_truth(validation)
        ),
        test=split(pixels.test_images, torch.from_numpy(pixels.test_labels), pixels.test_truth),
        mean=mean,
        std=std,
        notes=pixels.notes,
        places=_places(name, train, validation),
    )


def split_indices(name: str, *, folder: Path, image_size: int = 32, split_seed: int = 0) -> SplitIndices:
    """Which of the published images `load` takes for what; in the order in which it has them.

    Raises:
        DataUnavailable: as `load`, and where the dataset is not here.
    """
    pixels = _read(name, folder, image_size, False, None)
    train, validation = divided(torch.from_numpy(pixels.train_labels), _held_out(name, pixels), split_seed)
    return _places(name, train, validation)


def version(name: str, folder: Path) -> str:
    """Changes when the files change that a dataset of one's own is read from; empty where they come from its publisher.

    Raises:
        DataUnavailable: the folder cannot be used as it is.
    """
    root = folder / name
    if name in (*catalogue.WITHOUT_FILES, *catalogue.SOURCES):
        return ""
    return tensor_dataset.version(root) if tensor_dataset.is_tensors(root) else image_folder.version(root)


def published_names(name: str, folder: Path) -> dict[str, tuple[str, ...]]:
    """The files of a folder of pictures, by their paths there, in the order in which they are read; empty for other datasets.

    Raises:
        DataUnavailable: the folder cannot be used as it is.
    """
    root = folder / name
    known = name in (*catalogue.WITHOUT_FILES, *catalogue.SOURCES)
    if known or tensor_dataset.is_tensors(root) or not root.is_dir():
        return {}
    found = survey(root)
    return {
        "train": tuple(picture.path for picture in found.train),
        "test": tuple(picture.path for picture in found.test),
    }


def _places(name: str, train: Tensor, validation: Tensor) -> SplitIndices:
    if name != "digits":
        return SplitIndices(train, validation, None)
    numbers = torch.from_numpy(_digits_table()[:, -1].copy())
    rest, test = divided(numbers, DIGITS_TEST, 0)
    return SplitIndices(rest[train], rest[validation], test)


def _held_out(name: str, pixels: RawImages) -> int:
    """How many training images are kept for validation."""
    return DIGITS_VALIDATION if name == "digits" else catalogue.validation_count(len(pixels.train_labels))


def _read(name: str, folder: Path, image_size: int, download: bool, progress: Progress | None) -> RawImages:
    if name == "digits":
        return _digits()
    if name in catalogue.SOURCES:
        return downloads.read(catalogue.SOURCES[name], folder, download=download, progress=progress)
    if name in catalogue.GENERATED:
        return generated_datasets.read(catalogue.GENERATED[name], folder, progress)
    if tensor_dataset.is_tensors(folder / name):
        return tensor_dataset.read(folder / name)
    return image_folder.read(folder / name, image_size, cache=folder / catalogue.CACHE, progress=progress)


def _digits() -> RawImages:
    """scikit-learn's 1,797 digits of 8 x 8 pixels from 0 to 16 (UCI, Alpaydin and Kaynak 1998).

    Read from its file: importing scikit-learn takes longer than training on them.
    """
    table = _digits_table()
    images, numbers = table[:, :-1].astype(np.uint8).reshape(-1, 1, 8, 8), table[:, -1].copy()
    train, test = (taken.numpy() for taken in divided(torch.from_numpy(numbers), DIGITS_TEST, 0))
    return RawImages(images[train], numbers[train], images[test], numbers[test], catalogue.DIGITS, white=16)


def _digits_table() -> NDArray[np.int64]:
    """One row a digit: 64 values from 0 to 16, then its number."""
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        raise DataUnavailable(
            "scikit-learn, which the digits come with, is not installed. Install requirements.txt."
        )
    path = Path(package.origin).parent / "datasets/data/digits.csv.gz"
    return np.loadtxt(path, delimiter=",").astype(np.int64)


def _moments(images: Bytes, white: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel; from counts, so that they are exact on any number of threads."""
    value = torch.arange(256, dtype=torch.float64) / white
    means, stds = [], []
    for channel in range(images.shape[1]):
        flat = torch.from_numpy(np.ascontiguousarray(images[:, channel])).flatten()
        share = torch.bincount(flat, minlength=256).double() / len(flat)
        mean = float(share @ value)
        means.append(mean)
        stds.append(max(float(share @ (value - mean) ** 2) ** 0.5, 1 / white))  # a channel may be constant
    return tuple(means), tuple(stds)


def _normalised(
    images: Bytes, white: int, mean: tuple[float, ...], std: tuple[float, ...], device: str
) -> Tensor:
    channels = (1, -1, 1, 1)
    normal = torch.from_numpy(images).to(device).float().div_(white)
    return normal.sub_(torch.tensor(mean, device=device).view(channels)).div_(
        torch.tensor(std, device=device).view(channels)
    )
