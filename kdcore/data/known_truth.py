"""Images whose true class probabilities are known: the label of a picture between two classes is drawn from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kdcore.data.raw_images import Bytes, Numbers

BLENDED = 0.2
"""The share of images that lie between two classes."""
UNDECIDED = 0.6
"""The part of the way from one class to another, about its middle, that a blend is taken from: nearer to an end it would look
like the class there, and be called the other one now and then."""

Shares = NDArray[np.float64]


@dataclass(frozen=True)
class LabelledImages:
    """Images [n, channels, h, w], their labels [n], and the probabilities that the labels were drawn from [n, classes]."""

    images: Bytes
    labels: Numbers
    truth: Shares


def blend_shares(count: int, rng: np.random.Generator) -> tuple[Shares, Shares]:
    """How far blends are on their way to the second class [count], and how likely that class is [count].

    The probability is uniform in 0 to 1 and grows evenly with the way.
    """
    share = rng.random(count)
    return (1 - UNDECIDED) / 2 + UNDECIDED * share, share


def one_hot(number: int, classes: int) -> Shares:
    """A class that is certain [classes]."""
    certain = np.zeros(classes)
    certain[number] = 1
    return certain


def drawn_labels(truth: Shares, rng: np.random.Generator) -> Numbers:
    """A label for each row of probabilities [n, classes], drawn from it [n]."""
    passed = truth.cumsum(axis=1) < rng.random((len(truth), 1))
    labels: Numbers = passed.sum(axis=1).clip(max=truth.shape[1] - 1)
    return labels
