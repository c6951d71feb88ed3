"""The images that people or another system answered, kept as a dataset of their own, a fifth of each class held out for the test.

So a student learns from people on the images that they labelled, though these were published as test images, and is tested on
others of them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kdcore.data import catalogue, datasets, tensor_dataset
from kdcore.data.answer_places import published
from kdcore.data.datasets import Split
from kdcore.data.raw_images import Bytes, Numbers, RawImages
from kdcore.data.stratified import divided
from kdcore.errors import DataUnavailable, OutOfResources
from kdcore.pipelines.add_answers import PlacedAnswers, answers_of
from kdcore.pipelines.brought_teacher import TeacherDescription
from kdcore.pipelines.recorded_answers import SPLITS
from kdcore.texts import N_

TEST_SHARE = 5
"""One in so many answered images is kept for the test."""
LEAST = 20


def keep_answered_images(
    found: PlacedAnswers, said: TeacherDescription, name: str, data_folder: Path
) -> tuple[PlacedAnswers, TeacherDescription]:
    """Keep the images that have an answer as the dataset `name`; returns the answers to its images, and what is said of them.

    Raises:
        DataUnavailable: too few images, or the name is taken.
        OutOfResources: the data folder cannot be written.
    """
    pixels, labels, logits = _answered_images(found)
    root = data_folder / name
    if root.exists() or name in (*catalogue.WITHOUT_FILES, *catalogue.SOURCES):
        raise DataUnavailable(f"There is a dataset '{name}' already. Give another name.", where=root)
    if len(labels) < LEAST or len(np.unique(labels)) < 2:
        raise DataUnavailable(
            f"{len(labels)} images have an answer. A dataset needs {LEAST} at least, of two classes or more."
        )
    stay, held_out = divided(torch.from_numpy(labels), len(labels) // TEST_SHARE, 0)
    raw = RawImages(
        pixels[stay.numpy()],
        labels[stay.numpy()],
        pixels[held_out.numpy()],
        labels[held_out.numpy()],
        found.dataset.classes,
    )
    _write(root, raw, f"{found.dataset.title}, answered ({len(labels):,})")
    dataset = datasets.load(name, folder=data_folder)
    images = published(dataset, {})
    rows = {
        "train": (np.arange(len(stay)), logits[stay]),
        "test": (np.arange(len(held_out)), logits[held_out]),
    }
    count, held = f"{len(labels):,}", f"{len(held_out):,}"
    note = N_(
        f"The {count} answered images are kept as the dataset '{name}': {held} of them, of each class by its share, for the test."
    )
    moved = said.model_copy(update={"dataset": name, "split": "", "columns": ()})
    answers = answers_of(dataset, images, rows)
    return PlacedAnswers(dataset, images, rows, answers, found.kind, (found.notes[0], note)), moved


def _write(root: Path, raw: RawImages, title: str) -> None:
    try:
        tensor_dataset.write(root, raw, title)
    except OSError as error:
        raise OutOfResources(
            f"The images could not be kept in the data folder: {error.strerror}. Make room, or set STILLROOM_DATA.",
            where=root,
        ) from error


def _answered_images(found: PlacedAnswers) -> tuple[Bytes, Numbers, Tensor]:
    """Pixels [n, channels, side, side], labels [n] and logits [n, C] of every image that has an answer."""
    dataset, answers = found.dataset, found.answers
    mean, std = (torch.tensor(of).view(1, -1, 1, 1) for of in (dataset.mean, dataset.std))
    pixels, labels, logits = [], [], []
    for name in SPLITS:
        split: Split = getattr(dataset, name)
        rows = answers.answered[name]
        seen = split.images[rows] * std + mean
        pixels.append(seen.mul_(255).round_().clamp_(0, 255).byte().numpy())
        labels.append(split.labels[rows].numpy())
        logits.append(answers.logits[name][rows])
    return np.concatenate(pixels), np.concatenate(labels), torch.cat(logits)
