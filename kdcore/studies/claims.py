"""When a difference between two networks may be claimed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """Same-seed differences of test errors (first minus second), and whether 'the first errs less' may be claimed.

    mean and standard_error are of the differences; a standard error of one seed is NaN.
    """

    differences: tuple[int, ...]
    mean: float
    standard_error: float
    holds: bool


def fewer_errors(first: Sequence[int], second: Sequence[int]) -> Verdict:
    """Whether `first` errs less than `second`: both lists hold test errors of the same seeds in the same order.

    The rule: every same-seed difference is negative, and their mean is more than two standard errors from zero. One
    seed claims nothing. Three seeds with equal signs alone happen by chance once in four (both signs counted), so the
    second half of the rule is needed too.

    Raises:
        ValueError: the lists differ in length or are empty.
    """
    differences = tuple(a - b for a, b in zip(first, second, strict=True))
    if not differences:
        raise ValueError("no seeds to compare")
    mean = statistics.fmean(differences)
    error = statistics.stdev(differences) / math.sqrt(len(differences)) if len(differences) > 1 else math.nan
    holds = len(differences) > 1 and all(d < 0 for d in differences) and -mean > 2 * error
    return Verdict(differences, mean, error, holds)
