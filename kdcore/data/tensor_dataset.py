"""Images that a program handed over as numbers, kept in the data folder so that every process finds them by their name.

`<name>/images.safetensors` holds four tensors (train_images, train_labels, test_images, test_labels) and, as metadata, the names of the
classes and a title.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from kdcore.data.raw_images import RawImages
from kdcore.errors import DataUnavailable

FILE = "images.safetensors"


@dataclass(frozen=True)
class TensorFacts:
    """What a file says before its images are read."""

    title: str
    classes: tuple[str, ...]
    channels: int
    size: int
    images: int


def is_tensors(root: Path) -> bool:
    """Whether this folder holds such a dataset."""
    return (root / FILE).is_file()


def names(folder: Path) -> Iterator[str]:
    """The datasets of this kind in a data folder."""
    try:
        yield from sorted(path.parent.name for path in folder.glob(f"[!.]*/{FILE}"))
    except OSError:  # no such folder, or not for this user
        return


def facts(root: Path) -> TensorFacts:
    """Read the header alone.

    Raises:
        DataUnavailable: the file is damaged, or holds something else.
    """
    return _facts(root, (root / FILE).stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _facts(root: Path, changed: int) -> TensorFacts:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(root / FILE, framework="np") as file:
            told = file.metadata()
            images, channels, height, width = file.get_slice("train_images").get_shape()
            classes = tuple(map(str, json.loads(told["classes"])))
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise _damaged(root) from error
    if height != width or len(classes) < 2:
        raise _damaged(root)
    return TensorFacts(told.get("title", root.name), classes, channels, width, images)


def version(root: Path) -> str:
    """Changes with the file."""
    status = (root / FILE).stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def read(root: Path) -> RawImages:
    """All of its images.

    Raises:
        DataUnavailable: the file is damaged, or holds something else.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    classes = facts(root).classes
    try:
        found = load_file(root / FILE)
        parts = [found[f"{split}_{part}"] for split in ("train", "test") for part in ("images", "labels")]
    except (OSError, SafetensorError, KeyError) as error:
        raise _damaged(root) from error
    for images, labels in (parts[:2], parts[2:]):
        fits = str(images.dtype) == "uint8" and str(labels.dtype) == "int64" and len(images) == len(labels)
        if not (
            fits and images.ndim == 4 and len(labels) and 0 <= labels.min() <= labels.max() < len(classes)
        ):
            raise _damaged(root)
    return RawImages(parts[0], parts[1], parts[2], parts[3], classes)


def write(root: Path, images: RawImages, title: str) -> None:
    """Keep a dataset; the file appears whole.

    Raises:
        OSError: the folder cannot be written.
    """
    from safetensors.numpy import save

    from kdcore.atomic_files import write_atomically

    told = {"classes": json.dumps(images.classes), "title": title}
    tensors: dict[str, NDArray[Any]] = {
        "train_images": images.train_images,
        "train_labels": images.train_labels,
        "test_images": images.test_images,
        "test_labels": images.test_labels,
    }
    write_atomically(root / FILE, save(tensors, metadata=told))


def _damaged(root: Path) -> DataUnavailable:
    return DataUnavailable(
        f"The images of '{root.name}' cannot be read: {FILE} is damaged, or was not written here. "
        "Remove that folder, and hand the images over again.",
        where=root,
    )
