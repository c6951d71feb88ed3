"""Errors, accuracy and negative log-likelihood: pure functions over logits [n, C] and labels [n], in float64."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def errors(logits: Tensor, labels: Tensor) -> int:
    """How many of n images get a class that is not their label. logits [n, C], labels [n]."""
    return int((logits.argmax(dim=1) != labels).sum())


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Share of images, 0 to 1, that get their label's class. logits [n, C], labels [n]."""
    return 1.0 - errors(logits, labels) / len(labels)


def nll(logits: Tensor, labels: Tensor) -> float:
    """Mean negative log likelihood of the labels, in nats. logits [n, C], labels [n]."""
    return float(F.cross_entropy(logits.double(), labels))
