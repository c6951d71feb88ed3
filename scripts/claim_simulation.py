"""How often the rule for claims claims something of nothing, and finds what is there: `python -m scripts.claim_simulation`.

Made-up errors of networks go through `kdcore.studies.claims` as measured ones do. The figures in docs/claims.md are these.
Takes about ten seconds on one core.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kdcore.studies.claims import LEVEL, MOST_SEEDS, holm, paired_p, seeds_to_tell, unbiased_deviation
from kdcore.studies.method_comparison import MEASURED, Comparison, kept
from kdcore.studies.sweep_findings import pairs_unseen

Floats = NDArray[np.float64]
Drawn = Literal["normal", "counts"]

TABLES, GAINS = 10_000, 3000
"""How many tables are drawn in which nothing differs, and how many with a gain."""
IMAGES, TWIN, STUDENT = 10_000, 271, 192
"""Test errors of a small CNN after 40 epochs on 5,000 images of MNIST, alone and with soft targets."""
RUN_SPREAD = 0.002
"""Standard deviation of a network's true share of errors between seeds; with that of counting, differences of two networks
vary by 36 errors."""
SEEDS = (2, 3, 5)
SETTINGS = 9
"""Temperatures in a sweep."""


def methods_compared() -> int:
    """How many methods stand in a table."""
    return len(_mnist().rows)


def measured_spread() -> float:
    """The standard deviation of same-seed differences between soft targets and labels, in errors, as measured on MNIST."""
    row = next(row for row in _mnist().rows if row.method == "soft-targets")
    return float(np.std(np.subtract(row.student, row.twin), ddof=1))


def _mnist() -> Comparison:
    return next(one for one in kept(MEASURED) if one.name == "mnist-5000")


# ---- drawing errors ----------------------------------------------------------------------------------------------------


def draw(rng: np.random.Generator, drawn: Drawn, *shape: int, errors: float = TWIN) -> Floats:
    """Test errors of networks that err `errors` times on average: around it by a normal draw, or counted over images."""
    share = errors / IMAGES
    if drawn == "normal":
        deviation = np.sqrt(IMAGES * share * (1 - share) + (IMAGES * RUN_SPREAD) ** 2)
        return rng.normal(errors, deviation, shape)
    shares = np.clip(rng.normal(share, RUN_SPREAD, shape), 0, 1)
    return rng.binomial(IMAGES, shares).astype(float)


def table_differences(rng: np.random.Generator, drawn: Drawn, tests: int, seeds: int) -> Floats:
    """Tables in which nothing differs: every method beside the same twin; (TABLES, tests, seeds)."""
    return draw(rng, drawn, TABLES, tests, seeds) - draw(rng, drawn, TABLES, 1, seeds)


def sweep_differences(rng: np.random.Generator, drawn: Drawn, seeds: int) -> Floats:
    """Sweeps in which nothing differs: every setting beside the best, and beside its twin; (TABLES, tests, seeds).

    The best is chosen by the test errors themselves, the worst case of validation errors that agree with them.
    """
    errors = draw(rng, drawn, TABLES, SETTINGS, seeds)
    best = errors.mean(axis=-1).argmin(axis=-1)
    others = np.arange(SETTINGS) != best[:, None]
    beside = errors - np.take_along_axis(errors, best[:, None, None], axis=1)
    twins = errors - draw(rng, drawn, TABLES, 1, seeds)
    return np.concatenate([beside[others].reshape(TABLES, SETTINGS - 1, seeds), twins], axis=1)


# ---- counting claims ---------------------------------------------------------------------------------------------------


def claimed(differences: Floats, beside: int = 0) -> float:
    """The share of tables in which something is claimed."""
    return float(holm(paired_p(differences), beside).any(axis=-1).mean())


@dataclass(frozen=True)
class FalseClaims:
    """In what share of tables in which nothing differs something is claimed."""

    where: str
    seeds: int
    normal: float
    counts: float


def false_claims(seed: int = 0) -> Iterator[FalseClaims]:
    """One comparison, a table of all methods, and a sweep of nine temperatures, each with a few seeds."""
    rng, methods = np.random.default_rng(seed), methods_compared()
    for seeds in SEEDS:
        for where, tests in (("one comparison", 1), (f"a table of {methods} methods", methods)):
            shares = [claimed(table_differences(rng, drawn, tests, seeds)) for drawn in ("normal", "counts")]
            yield FalseClaims(where, seeds, *shares)
        unseen = pairs_unseen(SETTINGS)
        shares = [claimed(sweep_differences(rng, drawn, seeds), unseen) for drawn in ("normal", "counts")]
        yield FalseClaims(f"a sweep of {SETTINGS} temperatures", seeds, *shares)


# ---- finding what is there -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FoundEffect:
    """How often a real gain is claimed.

    Attributes:
        seeds: that are asked for where mean and spread of the gain are known.
        found: the share of tables in which the gain is claimed with so many.
        at_first: the share in which three seeds suffice.
        found_later: the share in which it is claimed at three seeds, or with the seeds that those ask for.
    """

    where: str
    seeds: int
    found: float
    at_first: float
    found_later: float


def found_effects(seed: int = 0) -> Iterator[FoundEffect]:
    """A gain like that of soft targets on 5,000 images of MNIST, alone and beside comparisons in which nothing differs."""
    rng, effect, methods = (
        np.random.default_rng(seed),
        (TWIN - STUDENT) / measured_spread(),
        methods_compared(),
    )
    sweep = 2 * SETTINGS - 1 + pairs_unseen(SETTINGS)
    places = (
        ("one comparison", 1),
        (f"a table of {methods} methods", methods),
        (f"a sweep of {SETTINGS} temperatures", sweep),
    )
    for where, tests in places:
        seeds = seeds_to_tell(effect, LEVEL / tests)
        gains = rng.normal(-effect, 1, (GAINS, 1, MOST_SEEDS))
        at_first = _holds(gains[..., :3], tests)
        later = np.array([
            one or _holds(gain[None, :, : _asked_for(gain[0, :3], tests)], tests)[0]
            for one, gain in zip(at_first, gains, strict=True)
        ])  # fmt: skip
        found = _holds(gains[..., :seeds], tests)
        yield FoundEffect(where, seeds, float(found.mean()), float(at_first.mean()), float(later.mean()))


def _holds(gains: Floats, tests: int) -> NDArray[np.bool_]:
    """In which tables the first of `tests` comparisons is claimed; the others speak for nothing."""
    return holm(paired_p(gains), beside=tests - 1)[:, 0]


def _asked_for(gains: Floats, tests: int) -> int:
    """The seeds that a gain by seed asks for."""
    effect = abs(float(gains.mean())) / unbiased_deviation(float(gains.std(ddof=1)), len(gains))
    return min(MOST_SEEDS, seeds_to_tell(effect, LEVEL / tests, after=len(gains)))


def looking_again(seed: int = 0) -> float:
    """The share of single comparisons without any difference that are claimed at three seeds, or with those that they ask for."""
    rng = np.random.default_rng(seed)
    gains = rng.normal(0, 1, (GAINS, 1, MOST_SEEDS))
    first = _holds(gains[..., :3], 1)
    asked = [_asked_for(gain[0, :3], 1) for gain in gains]
    later = [_holds(gain[None, :, :seeds], 1)[0] for gain, seeds in zip(gains, asked, strict=True)]
    return float((first | np.array(later)).mean())


# ---- tables ------------------------------------------------------------------------------------------------------------


def markdown() -> str:
    """Both tables of docs/claims.md."""
    nothing = [
        [one.where, str(one.seeds), f"{100 * one.normal:.1f} %", f"{100 * one.counts:.1f} %"]
        for one in false_claims()
    ]
    gain = [
        [one.where, str(one.seeds), f"{100 * one.found:.0f} %", f"{100 * one.at_first:.0f} %", f"{100 * one.found_later:.0f} %"]
        for one in found_effects()
    ]  # fmt: skip
    return "\n\n".join([
        _table([["nothing differs", "seeds", "claims something, normal draws", "claims something, counts"], *nothing]),
        _table([["a gain is there", "seeds that could tell", "found with them", "found at 3 seeds", "found at 3 seeds, or with those that they ask for"], *gain]),
    ])  # fmt: skip


def _table(rows: list[list[str]]) -> str:
    head, *lines = rows
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))


if __name__ == "__main__":
    print(markdown())
    print(f"\nLooking again: {100 * looking_again():.1f} %")
