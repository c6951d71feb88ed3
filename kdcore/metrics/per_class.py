"""Each class as a question of its own: precision, recall, F1 and the area under the curve."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


def confusion_matrix(logits: Tensor, labels: Tensor) -> Tensor:
    """Counts [C, C], int64: row the label, column the answer. logits [n, C], labels [n]."""
    classes = logits.shape[1]
    return torch.bincount(labels * classes + logits.argmax(dim=1), minlength=classes * classes).reshape(
        classes, classes
    )


def recall(logits: Tensor, labels: Tensor) -> Tensor:
    """Share of each class's images that get it, float64 [C]; NaN for a class without images. logits [n, C], labels [n]."""
    counts = confusion_matrix(logits, labels).double()
    return counts.diagonal() / counts.sum(dim=1)


@dataclass(frozen=True)
class PerClass:
    """Each class as a question of its own, float64 [C], 0 to 1, and the number of its images, int64 [C].

    NaN where there is nothing to divide by: the precision of a class that is never answered, the recall and the area
    under the curve of one without images. macro: each figure's plain mean over the classes with images, by its name;
    there a class that is never answered has precision 0.
    """

    precision: Tensor
    recall: Tensor
    f1: Tensor
    auc: Tensor
    images: Tensor
    macro: dict[str, float]


def per_class(logits: Tensor, labels: Tensor) -> PerClass:
    """Precision, recall, F1 and the area under the one-against-rest ROC curve of logits [n, C] and labels [n]."""
    counts = confusion_matrix(logits, labels)
    right, images, answered = counts.diagonal(), counts.sum(dim=1), counts.sum(dim=0)
    figures = {
        "precision": right.double() / answered,
        "recall": right.double() / images,
        "f1": 2 * right.double() / (images + answered),
        "auc": _areas_under_the_curve(logits, labels),
    }
    averaged = {**figures, "precision": figures["precision"].nan_to_num(0.0)}
    macro = {name: float(values[images > 0].mean()) for name, values in averaged.items()}
    return PerClass(**figures, images=images, macro=macro)


def ranks(values: Tensor) -> Tensor:
    """The place of each of values [n] in ascending order, from 1, float64 [n]; equal values share their mean place."""
    _, place, count = values.unique(return_inverse=True, return_counts=True)
    shared: Tensor = count.cumsum(dim=0).double() - (count - 1) / 2
    return shared[place]


def _areas_under_the_curve(logits: Tensor, labels: Tensor) -> Tensor:
    """[C]: how often an image of the class scores higher than one of another; a tie counts half (Mann and Whitney)."""
    own = F.one_hot(labels, logits.shape[1]).double()
    images = own.sum(dim=0)
    places = torch.stack([ranks(column) for column in _log_odds(logits).unbind(dim=1)], dim=1)
    wins = (places * own).sum(dim=0) - images * (images + 1) / 2
    return wins / (images * (len(labels) - images))


def _log_odds(logits: Tensor) -> Tensor:
    """log p / (1 - p) of each class [n, C]: it keeps apart what probabilities close to 1 would make equal."""
    beliefs = logits.double().log_softmax(dim=1)
    odds = beliefs - (-beliefs.expm1()).log()
    best, place = logits.double().max(dim=1, keepdim=True)
    rest = logits.double().scatter(1, place, -math.inf).logsumexp(dim=1, keepdim=True)
    return odds.scatter(1, place, best - rest)
