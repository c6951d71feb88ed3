"""The datasets that torchvision knows: fetched and checked by its own classes, read as whole arrays.

They are fetched into a folder of their own and moved into place when complete, so that neither a broken network nor a
killed process leaves a half-written file, and two processes may fetch the same dataset at once.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import shutil
import socket
import tarfile
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdcore.atomic_files import move_into_place
from kdcore.data.catalogue import IDX, MATLAB, Source
from kdcore.data.raw_images import Bytes, Numbers, Progress, RawImages
from kdcore.errors import DataUnavailable, OutOfResources
from kdcore.system.environment import import_pair
from kdcore.texts import N_

PATIENCE = 30.0
"""Seconds without a byte after which a download is given up."""

_one_at_a_time = threading.Lock()


def read(
    source: Source, folder: Path, *, download: bool = True, progress: Progress | None = None
) -> RawImages:
    """A dataset of the data folder `folder`, fetched first if it is not there.

    Args:
        source: which one.
        folder: torchvision's `root`.
        download: whether it may be fetched.
        progress: called with the dataset's title, the bytes fetched, and how many there are.

    Raises:
        DataUnavailable: files are missing and cannot be fetched, or they are truncated or altered.
        OutOfResources: no space on the disk.
    """
    if source.missing(folder):
        if not download:
            raise DataUnavailable(_missing(source, folder, N_("nothing is to be downloaded")), where=folder)
        _fetch(source, folder, progress)
    if source.files == IDX:
        return _read_idx(source, folder)
    return _read_with_torchvision(source, folder)


# ---- fetching -------------------------------------------------------------------------------------------------------


def _fetch(source: Source, folder: Path, progress: Progress | None) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < 2 * source.download_bytes:  # an archive and what is in it
            raise OutOfResources(_no_space(source), where=folder)
        _remove_leftovers(folder)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as fetching:
            _fetch_into(Path(fetching), source, folder, progress)
    except (
        OSError,
        RuntimeError,
        EOFError,
        http.client.HTTPException,
        tarfile.TarError,
        zlib.error,
    ) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise OutOfResources(_no_space(source), where=folder) from error
        altered = "corrupted" in str(error) or isinstance(error, (EOFError, tarfile.TarError, zlib.error))
        why = (
            N_("what arrived was truncated or altered")
            if altered
            else N_(f"fetching it failed: {_reason(error)}")
        )
        raise DataUnavailable(_missing(source, folder, why), where=folder) from error


def _remove_leftovers(folder: Path) -> None:
    """What processes that were killed a day ago or earlier had fetched."""
    for left in folder.glob(".fetching-*"):
        if left.stat().st_mtime < time.time() - 86_400:
            shutil.rmtree(left, ignore_errors=True)


def _fetch_into(fetching: Path, source: Source, folder: Path, progress: Progress | None) -> None:
    for archive in _archives(source):  # one that somebody put there by hand need not be fetched
        if (folder / archive).is_file():
            (fetching / archive).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / archive, fetching / archive)
    with _metered(source, progress):
        for part in _parts(source):
            _torchvision(source)(fetching, download=True, **part)
    for file in source.files:
        move_into_place(fetching / source.folder / file, folder / source.folder / file)


def _torchvision(source: Source) -> Any:
    # torchvision takes seconds to import, and most datasets are read without it.
    return getattr(import_pair().datasets, source.torchvision)


def _parts(source: Source) -> list[dict[str, Any]]:
    """How torchvision's class is asked for the training and for the test images."""
    return (
        [{"split": s} for s in ("train", "test")]
        if source.files == MATLAB
        else [{"train": t} for t in (True, False)]
    )


def _archives(source: Source) -> list[str]:
    """What torchvision fetches, relative to its root."""
    if source.files == MATLAB:
        return list(MATLAB)
    if source.files == IDX:
        return [f"{source.folder}/{file}.gz" for file in IDX]
    return [_torchvision(source).filename]


@contextmanager
def _metered(source: Source, progress: Progress | None) -> Iterator[None]:
    """Within it, torchvision's progress bar reports to `progress`, and a silent server is given up.

    torchvision offers neither, but looks its bar up by name in its module.
    """
    utils = import_pair().datasets.utils
    fetched = 0

    class Meter:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def __enter__(self) -> Meter:
            return self

        def __exit__(
            self, kind: type | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            pass

        def update(self, count: int) -> None:
            nonlocal fetched
            fetched += count
            if progress:
                progress(source.title, min(fetched, source.download_bytes), source.download_bytes)

    with _one_at_a_time:
        bar, patience = utils.tqdm, socket.getdefaulttimeout()
        utils.tqdm = Meter
        socket.setdefaulttimeout(PATIENCE)
        try:
            yield
        finally:
            utils.tqdm = bar
            socket.setdefaulttimeout(patience)


def _missing(source: Source, folder: Path, why: str) -> str:
    return N_(
        f"{source.title} is not in the data folder, and {why}. Missing: {', '.join(source.missing(folder))}. "
        f"Try again with a network, or put {', '.join(_archives(source))} there, or choose 'digits', which needs no files."
    )


def _no_space(source: Source) -> str:
    return N_(
        f"No space for {source.title} in the data folder: fetching and unpacking it takes about "
        f"{2 * source.download_bytes / 1e6:.0f} MB. Make room, or set STILLROOM_DATA to a folder on another disk."
    )


def _reason(error: Exception) -> str:
    return " ".join(str(getattr(error, "reason", error)).split()) or type(error).__name__


# ---- reading --------------------------------------------------------------------------------------------------------


def _altered(source: Source, path: Path) -> DataUnavailable:
    return DataUnavailable(
        N_(
            f"{path.name} is truncated or altered: it is not what {source.title} was published with. "
            "Delete it and load the dataset again, or put a sound copy there."
        ),
        where=path,
    )


def _read_idx(source: Source, folder: Path) -> RawImages:
    arrays = []
    for i, file in enumerate(IDX):
        path = folder / source.folder / file
        content = path.read_bytes()
        if source.md5 and hashlib.md5(content, usedforsecurity=False).hexdigest() != source.md5[i]:
            raise _altered(source, path)
        try:
            arrays.append(parse_idx(content))
        except ValueError as error:
            raise _altered(source, path) from error
    images, labels, test_images, test_labels = arrays
    for name, pictures, numbers in (("train", images, labels), ("t10k", test_images, test_labels)):
        expected = (len(numbers), source.size, source.size)
        if pictures.shape != expected or numbers.ndim != 1 or numbers.max(initial=0) >= source.classes:
            raise _altered(source, folder / source.folder / f"{name}-labels-idx1-ubyte")
    return RawImages(
        images[:, None],
        labels.astype(np.int64),
        test_images[:, None],
        test_labels.astype(np.int64),
        source.class_names,
    )


def parse_idx(content: bytes) -> Bytes:
    """An array of bytes in the IDX format: 0, 0, 8 (unsigned bytes), the dimensions, each size as big-endian int32.

    Raises:
        ValueError: the header is another's, or the length does not fit it.
    """
    dimensions = content[3] if len(content) > 3 else 0
    start = 4 + 4 * dimensions
    if content[:3] != b"\0\0\x08" or not dimensions or len(content) < start:
        raise ValueError("not an IDX file of bytes")
    shape = tuple(int(size) for size in np.frombuffer(content, ">i4", dimensions, 4))
    values: Bytes = np.frombuffer(
        content, np.uint8, offset=start
    ).copy()  # PyTorch wants an array that can be written
    return values.reshape(shape)


def _read_with_torchvision(source: Source, folder: Path) -> RawImages:
    """SVHN and CIFAR: torchvision compares every file's md5 before it parses or unpickles it."""
    try:
        train, test = (_torchvision(source)(folder, **part) for part in _parts(source))
    except RuntimeError as error:
        raise _altered(source, folder / source.folder) from error
    names = source.class_names or tuple(train.classes)
    return RawImages(*_arrays(train), *_arrays(test), names)


def _arrays(dataset: Any) -> tuple[Bytes, Numbers]:
    images: NDArray[np.uint8] = dataset.data
    if images.shape[-1] == 3:  # CIFAR: height, width, channels
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2)), np.asarray(dataset.targets, dtype=np.int64)
    return np.ascontiguousarray(images), np.asarray(dataset.labels, dtype=np.int64)
