"""Errors, accuracy and negative log-likelihood: pure functions over logits [n, C] and labels [n], in float64.

float64 belongs on the processor, here and in every metric: Apple's GPUs have none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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
    return float(log_losses(logits, labels).mean())


def log_losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Each image's negative log likelihood of its label, in nats: float64 [n]. logits [n, C], labels [n]."""
    return F.cross_entropy(logits.cpu().double(), labels.cpu(), reduction="none")


@dataclass(frozen=True)
class PairedDifference:
    """The mean difference of two networks over the same images, and its standard error; NaN for one image."""

    mean: float
    standard_error: float


def paired_difference(first: Tensor, second: Tensor) -> PairedDifference:
    """What `first` has more than `second` on the mean image, below zero where it has less; both [n], the same images.

    The standard error is that of the mean of the images' own differences, s / sqrt(n): what is hard for both networks
    cancels. It says how other images of the same kind would differ, and nothing of how other first weights would.
    Source: Dror, Baumer, Shlomov and Reichart 2018, The hitchhiker's guide to testing statistical significance in natural
    language processing, section 3 (the paired t-test over a test set's examples).
    """
    difference = (first - second).cpu().double()
    count = len(difference)
    error = float(difference.std()) / math.sqrt(count) if count > 1 else math.nan
    return PairedDifference(float(difference.mean()), error)
