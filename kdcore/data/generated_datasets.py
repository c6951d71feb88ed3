"""Datasets that are drawn here: made from a seed the first time, then read from the data folder."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from kdcore.atomic_files import atomic_file
from kdcore.data import drawn_dataset, shapes_dataset
from kdcore.data.catalogue import CACHE, Generated
from kdcore.data.known_truth import LabelledImages
from kdcore.data.raw_images import Progress, RawImages

SEED = 0
GENERATORS: dict[str, Callable[[int, np.random.Generator], LabelledImages]] = {
    "drawn": drawn_dataset.generate,
    "shapes": shapes_dataset.generate,
}
DAMAGE = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile)


def read(source: Generated, folder: Path, progress: Progress | None = None) -> RawImages:
    """A generated dataset with its true probabilities; drawn, and kept in `folder` where that can be written.

    Training and test images are drawn from streams of their own. The file is named by the generator's version; one that
    cannot be read is drawn again.

    Args:
        source: which one.
        folder: the data folder.
        progress: called with the dataset's title, the images drawn, and how many there are.
    """
    path = folder / CACHE / f"{source.name}-{source.version}.npz"
    kept = _kept(path, source)
    if kept is not None:
        return kept
    drawn = generate(source, SEED, progress)
    with suppress(OSError):  # no room, or a folder that only reads: the next run draws again
        _keep(path, drawn)
        for old in path.parent.glob(f"{source.name}-*.npz"):
            if old != path:
                old.unlink(missing_ok=True)
    return drawn


def generate(source: Generated, seed: int, progress: Progress | None = None) -> RawImages:
    """The dataset as `seed` gives it: the same seed, the same images, labels and probabilities."""
    total, done = source.images + source.test_images, 0
    parts = []
    for stream, count in enumerate((source.images, source.test_images)):
        if progress:
            progress(source.title, done, total)
        parts.append(GENERATORS[source.name](count, np.random.default_rng([seed, stream])))
        done += count
    train, test = parts
    return RawImages(
        train.images,
        train.labels,
        test.images,
        test.labels,
        source.class_names,
        train_truth=train.truth.astype(np.float32),
        test_truth=test.truth.astype(np.float32),
    )


def _keep(path: Path, drawn: RawImages) -> None:
    with atomic_file(path) as file:
        np.savez(
            file,
            train_images=drawn.train_images,
            train_labels=drawn.train_labels,
            test_images=drawn.test_images,
            test_labels=drawn.test_labels,
            train_truth=np.asarray(drawn.train_truth),
            test_truth=np.asarray(drawn.test_truth),
        )


def _kept(path: Path, source: Generated) -> RawImages | None:
    """What an earlier run kept; None where nothing is, or something else."""
    try:
        with np.load(path, allow_pickle=False) as file:
            kept = RawImages(**{name: file[name] for name in file.files}, classes=source.class_names)
    except (*DAMAGE, TypeError):
        return None
    shape = (source.channels, source.size, source.size)
    counts = (source.images, source.test_images)
    found = [(len(images), *images.shape[1:]) for images in (kept.train_images, kept.test_images)]
    return kept if found == [(count, *shape) for count in counts] else None
