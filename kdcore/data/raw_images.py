"""A dataset as it was read: bytes, before it is split, normalised and moved to a device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Probabilities = NDArray[np.float32]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (bytes or images)."""


@dataclass(frozen=True)
class RawImages:
    """Images [n, channels, h, w] from 0 (black) to `white`, class numbers [n], and the classes' names.

    The truth is the probabilities [n, classes] from which the class numbers were drawn; None where nobody knows them.
    notes: what a reader should know of how they were read, in sentences.
    """

    train_images: Bytes
    train_labels: Numbers
    test_images: Bytes
    test_labels: Numbers
    classes: tuple[str, ...]
    white: int = 255
    train_truth: Probabilities | None = None
    test_truth: Probabilities | None = None
    notes: tuple[str, ...] = ()
