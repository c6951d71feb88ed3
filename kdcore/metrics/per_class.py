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
    counts = confusion_matrix(logits, labels).cpu().double()
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
    from sklearn.metrics import precision_recall_fscore_support  # takes a moment to import

    precision, recalled, f1, images = precision_recall_fscore_support(
        labels.cpu(), logits.argmax(dim=1).cpu(), labels=range(logits.shape[1]), zero_division=math.nan
    )
    figures = {
        "precision": torch.from_numpy(precision),
        "recall": torch.from_numpy(recalled),
        "f1": torch.from_numpy(f1),
        "auc": _areas_under_the_curve(logits, labels),
    }
    counts = torch.from_numpy(images)
    averaged = {**figures, "precision": figures["precision"].nan_to_num(0.0)}
    macro = {name: float(values[counts > 0].mean()) for name, values in averaged.items()}
    return PerClass(**figures, images=counts, macro=macro)


def _areas_under_the_curve(logits: Tensor, labels: Tensor) -> Tensor:
    """The area under each class's ROC curve, float64 [C]; NaN for a class without images or without others.

    How often an image of the class ranks above one of another (Mann and Whitney 1947); a tie counts half. A test holds
    it to scikit-learn's roc_auc_score, which takes four times as long and refuses log odds of infinity.
    """
    from scipy.stats import rankdata

    ranks = torch.from_numpy(rankdata(_log_odds(logits).cpu().numpy(), axis=0))
    own = F.one_hot(labels, logits.shape[1]).cpu().double()
    images = own.sum(dim=0)
    wins = (ranks * own).sum(dim=0) - images * (images + 1) / 2
    return wins / (images * (len(labels) - images))


def _log_odds(logits: Tensor) -> Tensor:
    """log p / (1 - p) of each class [n, C]: it keeps apart what probabilities close to 1 would make equal."""
    beliefs = logits.cpu().double().log_softmax(dim=1)
    odds = beliefs - (-beliefs.expm1()).log()
    best, place = logits.cpu().double().max(dim=1, keepdim=True)
    rest = logits.cpu().double().scatter(1, place, -math.inf).logsumexp(dim=1, keepdim=True)
    return odds.scatter(1, place, best - rest)
