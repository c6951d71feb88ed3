"""When a difference between two networks may be claimed, and how many seeds could tell where it may not.

The test is Student's paired t-test on the differences of the same seeds. With 3 to 5 seeds a signed-rank test cannot
come below 5 % at all (its smallest two-sided p is 1/4 at 3 seeds and 1/16 at 5), and counts of errors over thousands of
images are near enough to normal. What stands in one table, sweep or figure is corrected together (Holm 1979, "A simple
sequentially rejective multiple test procedure"), so that with no effect at all something is claimed in at most 5 % of
them. `python -m scripts.claim_simulation` counts that.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kdcore.texts import N_

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Measure = Literal["errors", "nll", "truth"]
"""What a claim is about: errors on the test images, the mean negative log-likelihood in nats per image, or the mean divergence
from the true probabilities in nats per image, which only datasets whose truth is known have."""
PaperMeasure = Literal["errors", "nll", "ece", "disagreements", "kl"]
"""What a paper's claim is about: also the expected calibration error, on how many test images a network names another class
than its teacher, and the mean KL divergence from its teacher in nats per image."""
Asked = Literal["less", "either"]
"""`less`: the question names beforehand who has less, so one side is tested. `either`: the figures say which side."""

LEVEL = 0.05
"""How often something may be claimed in a table in which nothing differs."""
POWER = 0.8
"""How often the seeds that are asked for would tell an effect of the size that was seen."""
MOST_SEEDS = 50
"""Up to so many seeds are asked for."""
MORE_THAN_MOST = MOST_SEEDS + 1
"""Stands for every greater number of seeds."""
NO_SPREAD = 1e-9
"""Differences whose standard deviation is this small beside their mean have no spread but that of rounding."""
SAME = 1e-6
"""Figures that differ by less than this share of themselves are the same: float32 has no more digits."""
STRONGEST = 30.0
"""Of effects beyond so many standard deviations it makes no difference how strong they are."""


@dataclass(frozen=True)
class Difference:
    """What `first` has less (below zero) or more than `second` at the same seeds, and the paired test of it.

    Attributes:
        measure: of what.
        asked: whether one side or both were tested.
        differences: first minus second by seed; errors, or nats per image.
        mean: of the differences.
        standard_error: of that mean; NaN for one seed.
        p: of the test, not corrected; 1 for one seed, and where all seeds differ by the same amount.
    """

    measure: Measure | PaperMeasure
    asked: Asked
    differences: tuple[float, ...]
    mean: float
    standard_error: float
    p: float


@dataclass(frozen=True)
class Verdict:
    """Whether a difference may be claimed beside all others that stand with it.

    Attributes:
        difference: which.
        holds: whether it may be claimed.
        seeds: with how many seeds the same difference would be claimed four times in five; `MORE_THAN_MOST` for every number
            beyond `MOST_SEEDS`. None where it is claimed, and where nothing says how many: one seed, no spread, or a
            difference against the side that was asked for.
    """

    difference: Difference
    holds: bool
    seeds: int | None

    @property
    def less(self) -> bool:
        """Whether the first may be said to have less."""
        return self.holds and self.difference.mean < 0

    @property
    def more(self) -> bool:
        """Whether the first may be said to have more."""
        return self.holds and self.difference.mean > 0


def compare(
    first: Sequence[float], second: Sequence[float], measure: Measure | PaperMeasure, asked: Asked = "either"
) -> Difference:
    """The paired test of two networks; both lists hold what was measured at the same seeds in the same order.

    Raises:
        ValueError: the lists differ in length or are empty.
    """
    import numpy as np

    pairs = zip(first, second, strict=True)
    differences = tuple(0 if math.isclose(a, b, rel_tol=SAME) else a - b for a, b in pairs)
    if not differences:
        raise ValueError("no seeds to compare")
    mean = statistics.fmean(differences)
    error = statistics.stdev(differences) / math.sqrt(len(differences)) if len(differences) > 1 else math.nan
    p = float(paired_p(np.array(differences, dtype=float), asked))
    return Difference(measure, asked, differences, mean, error, p)


def claims(differences: Sequence[Difference], beside: int = 0) -> list[Verdict]:
    """Which of the differences that stand in one table, sweep or figure may be claimed: at 5 % in all, after Holm.

    beside: how many further differences could have been looked at, and were not. They are counted as if they spoke
    against every claim.
    """
    import numpy as np

    if not differences:
        return []
    held = holm(np.array([one.p for one in differences]), beside)
    open_ones = len(differences) + beside - int(held.sum())
    level = LEVEL / max(1, open_ones)
    return [
        Verdict(one, bool(holds), None if holds else _seeds_to_tell(one, level))
        for one, holds in zip(differences, held, strict=True)
    ]


def paired_p(differences: Floats, asked: Asked = "either") -> Floats:
    """p of the t-test that the mean of same-seed differences is zero; (..., seeds) -> (...).

    The figures are those of `scipy.stats.ttest_1samp`. Where the differences have no spread there is nothing to divide
    by, and whole numbers agree by chance: p is 1 then, and for one seed.
    """
    import numpy as np
    from scipy.special import stdtr

    seeds = differences.shape[-1]
    if seeds < 2:
        return np.ones(differences.shape[:-1])
    mean, deviation = differences.mean(axis=-1), differences.std(axis=-1, ddof=1)
    spread = deviation > NO_SPREAD * np.abs(mean)
    t = mean * math.sqrt(seeds) / np.where(spread, deviation, 1.0)
    p = stdtr(seeds - 1, t) if asked == "less" else 2 * stdtr(seeds - 1, -np.abs(t))
    return np.where(spread, p, 1.0)


def holm(p: Floats, beside: int = 0) -> NDArray[np.bool_]:
    """Holm's step-down correction of the p values along the last axis, at `LEVEL` in all; (..., tests) -> (..., tests).

    The smallest p is held against LEVEL / tests, the next against LEVEL / (tests - 1), and so on until one is too large.
    beside: tests that count and are not among them.
    """
    import numpy as np

    tests = p.shape[-1] + beside
    order = np.argsort(p, axis=-1, kind="stable")
    levels = LEVEL / (tests - np.arange(p.shape[-1]))
    passed = np.logical_and.accumulate(np.take_along_axis(p, order, axis=-1) <= levels, axis=-1)
    held = np.zeros(p.shape, dtype=bool)
    np.put_along_axis(held, order, passed, axis=-1)
    return held


def seeds_to_tell(effect: float, level: float, asked: Asked = "either", after: int = 1) -> int:
    """The least number of seeds above `after` at which a difference is claimed with a probability of `POWER`.

    effect: the mean of the differences in their standard deviations, above zero for the side that is asked for.
    level: of the test, corrected. Under an effect, t is distributed as the noncentral t with n - 1 degrees of freedom and
    noncentrality effect * sqrt(n). Returns `MORE_THAN_MOST` where `MOST_SEEDS` are too few.
    """
    import numpy as np
    from scipy.special import nctdtr, stdtrit

    seeds = np.arange(max(2, after + 1), MORE_THAN_MOST)
    critical = stdtrit(seeds - 1, 1 - (level if asked == "less" else level / 2))
    power = 1 - nctdtr(seeds - 1, min(effect, STRONGEST) * np.sqrt(seeds), critical)
    enough = seeds[power >= POWER]
    return int(enough[0]) if len(enough) else MORE_THAN_MOST


def unbiased_deviation(deviation: float, seeds: int) -> float:
    """The standard deviation that a sample's stands for: of few normal draws it is too small, by 11 % for three.

    The sample's divided by c4(n) = sqrt(2 / (n - 1)) * gamma(n / 2) / gamma((n - 1) / 2).
    """
    log_c4 = math.log(2 / (seeds - 1)) / 2 + math.lgamma(seeds / 2) - math.lgamma((seeds - 1) / 2)
    return deviation / math.exp(log_c4)


def _seeds_to_tell(difference: Difference, level: float) -> int | None:
    """Seeds that would tell this difference; None where nothing says how many."""
    seeds = len(difference.differences)
    deviation = difference.standard_error * math.sqrt(seeds)
    if seeds < 2 or deviation <= NO_SPREAD * abs(difference.mean):
        return None
    if difference.asked == "less" and difference.mean >= 0:
        return None
    effect = abs(difference.mean) / unbiased_deviation(deviation, seeds)
    return seeds_to_tell(effect, level, difference.asked, after=seeds)


def seeds_text(seeds: int | None, say: Callable[[str], str] = str) -> str:
    """How many seeds could tell, as words; empty where nothing says how many. `say` translates."""
    if seeds is None:
        return ""
    if seeds > MOST_SEEDS:
        return say(N_("more than {n} seeds needed")).format(n=MOST_SEEDS)
    return say(N_("{n} seeds could tell")).format(n=seeds)
