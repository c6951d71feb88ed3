"""A teacher that is not known yet is asked: three images of different classes, and how many of some it names otherwise than the label."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from kdcore.data.datasets import Dataset, Split
from kdcore.data.image_urls import data_url
from kdcore.metrics import classification
from kdcore.pipelines.brought_teacher import TeacherTrial, TriedImage

SHOWN = 3
LIKELIEST = 3


def trial(dataset: Dataset, split: Split, logits: Tensor, notes: Sequence[str]) -> TeacherTrial:
    """What logits [n, C] say of a split's first n images; images without an answer (NaN) are left out."""
    labels = split.labels[: len(logits)].cpu()
    logits = logits.cpu()
    rows = (~logits.isnan().any(dim=1)).nonzero().flatten()
    shown: dict[int, int] = {}
    for place in rows.tolist():
        shown.setdefault(int(labels[place]), place)
        if len(shown) == SHOWN:
            break
    return TeacherTrial(
        tuple(_tried(dataset, split, place, logits[place]) for place in shown.values()),
        classification.errors(logits[rows], labels[rows]),
        len(rows),
        tuple(notes),
    )


def _tried(dataset: Dataset, split: Split, place: int, logits: Tensor) -> TriedImage:
    shares = logits.double().softmax(dim=0)
    likeliest = torch.argsort(shares, descending=True, stable=True)[:LIKELIEST].tolist()
    return TriedImage(
        data_url(split.images[place], dataset.mean, dataset.std),
        dataset.classes[int(split.labels[place])],
        tuple((dataset.classes[c], float(shares[c])) for c in likeliest),
    )
