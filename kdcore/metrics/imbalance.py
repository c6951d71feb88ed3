"""Errors class by class, for images of which some classes are many times as common as others: there one error misleads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

IMBALANCED = 3.0
"""Times as many images of the commonest class as of the rarest from which the errors are told class by class."""


@dataclass(frozen=True)
class ClassErrors:
    """Of each class, how many images there are, and how many of them get another class's name."""

    errors: tuple[int, ...]
    images: tuple[int, ...]

    @property
    def balanced(self) -> float:
        """The share of errors, 0 to 1, with every class that has images counted alike: one less the mean recall.

        Source: Brodersen, Ong, Stephan and Buhmann 2010, The balanced accuracy and its posterior distribution, section 2.
        """
        shares = [wrong / of for wrong, of in zip(self.errors, self.images, strict=True) if of]
        return sum(shares) / len(shares)


def class_errors(logits: Tensor, labels: Tensor) -> ClassErrors:
    """Count them. logits [n, C], labels [n]."""
    classes = logits.shape[1]
    wrong = labels[logits.argmax(dim=1) != labels]
    return ClassErrors(
        tuple(wrong.bincount(minlength=classes).tolist()), tuple(labels.bincount(minlength=classes).tolist())
    )


def imbalanced(images: Sequence[int]) -> bool:
    """Whether the commonest class has IMBALANCED times as many images as the rarest that has any."""
    there = [count for count in images if count]
    return bool(there) and max(there) >= IMBALANCED * min(there)
