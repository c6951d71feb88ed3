"""The converged budget of a student: how long it has to train until training longer teaches it no more.

Found by measurement on validation images. At every budget learning rates are tried with the first seed, and the one with which
the twin errs least is taken. The converged budget is the fewest epochs at which doubling them lowers the twin's mean
validation error by less than the spread of its seeds. A twin that errs more after twice the epochs has converged too.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kdcore.errors import InvalidExperiment
from kdcore.events import Event
from kdcore.experiment import Experiment
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.store import Store
from kdcore.studies.preset_verification import finished_run
from kdcore.studies.sweep import CHOOSES

FIRST_EPOCHS = 10
MOST_EPOCHS = 320
"""The longest budget that is tried."""
LADDER = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""Highest learning rates of the schedule that may be tried."""
RATES = LADDER[2:6]
"""Those that are tried at the first budget; further ones where the best is the highest or the lowest of them."""

Watch = Callable[[Iterable[Event]], Iterable[Event]]


@dataclass(frozen=True)
class MeasuredBudget:
    """What one budget gave.

    Attributes:
        epochs: of the budget.
        by_rate: the twin's validation errors with the first seed, by learning rate.
        errors: its validation errors by seed, at the best of these rates.
    """

    epochs: int
    by_rate: Mapping[float, int]
    errors: tuple[int, ...]

    @property
    def rate(self) -> float:
        """The learning rate with the fewest errors."""
        return best_rate(self.by_rate)

    @property
    def mean(self) -> float:
        """Of the errors."""
        return statistics.fmean(self.errors)

    @property
    def spread(self) -> float:
        """The errors' standard deviation over the seeds."""
        return statistics.stdev(self.errors)


@dataclass(frozen=True)
class ConvergedBudget:
    """The budget, with its evidence: every budget that was tried, shortest first, up to twice the chosen one."""

    tried: tuple[MeasuredBudget, ...]

    @property
    def chosen(self) -> MeasuredBudget:
        """The fewest epochs at which doubling lowers the errors by less than the spread; the longest tried where none is."""
        pairs = zip(self.tried, self.tried[1:], strict=False)
        return next((short for short, doubled in pairs if _is_converged(short, doubled)), self.tried[-1])

    @property
    def converged(self) -> bool:
        """Whether there is such a budget among those that were tried."""
        return self.chosen is not self.tried[-1]

    def as_json(self) -> list[dict[str, Any]]:
        """The evidence as a JSON value."""
        return [asdict(one) for one in self.tried]

    @classmethod
    def from_json(cls, told: Sequence[Mapping[str, Any]]) -> ConvergedBudget:
        """The same from its JSON value, in which learning rates are texts."""
        return cls(
            tuple(
                MeasuredBudget(
                    one["epochs"],
                    {float(rate): errors for rate, errors in one["by_rate"].items()},
                    tuple(one["errors"]),
                )
                for one in told
            )
        )


def find_budget(
    base: Experiment,
    seeds: int,
    store: Store,
    *,
    data_folder: Path,
    watch: Watch = iter,
    rates: tuple[float, ...] = RATES,
    first: int = FIRST_EPOCHS,
    most: int = MOST_EPOCHS,
) -> ConvergedBudget:
    """Measure budgets of `first` epochs, twice as many and so on, until one is converged or `most` is reached.

    base: names data, student and recipe. rates: tried at the first budget; at each further one the best of the one before and its
    neighbours are.

    Raises:
        InvalidExperiment: fewer than two seeds, which have no spread, or validation images that are trained on.
        RunRefused: a run failed.
    """
    _check(base, seeds)
    cheapest = base.with_flat(method="labels-only", parameters={})  # no teacher is asked

    def errors(epochs: int, rate: float, seed: int) -> int:
        experiment = seeded(cheapest.with_flat(epochs=epochs, learning_rate=rate), seed)
        run = finished_run(experiment, f"budget: {epochs} epochs, {rate:g}", store, data_folder, watch)
        return int(run.results["twin"]["val_errors"])

    tried: list[MeasuredBudget] = []
    epochs = first
    while epochs <= most and not (len(tried) > 1 and _is_converged(*tried[-2:])):
        by_rate = rate_search(rates, partial(errors, epochs, seed=0))
        at_best = tuple(errors(epochs, best_rate(by_rate), seed) for seed in range(seeds))
        tried.append(MeasuredBudget(epochs, by_rate, at_best))
        rates = with_neighbours(best_rate(by_rate))
        epochs *= 2
    return ConvergedBudget(tuple(tried))


def _check(base: Experiment, seeds: int) -> None:
    if seeds < 2:
        raise InvalidExperiment(
            f"--seeds {seeds}: a converged budget is told by the spread of two seeds or more."
        )
    if base.train_on_validation:
        raise InvalidExperiment(CHOOSES.format(who="The converged budget"))


def rate_search(rates: Sequence[float], errors: Callable[[float], int]) -> dict[float, int]:
    """Errors by learning rate: of these rates, and further up or down the ladder until the best lies between two worse."""
    found = {rate: errors(rate) for rate in rates}
    while (further := _beyond(found)) is not None:
        found[further] = errors(further)
    return found


def with_neighbours(rate: float) -> tuple[float, ...]:
    """The rate and the rungs below and above it, where the ladder has them."""
    below = [rung for rung in LADDER if rung < rate]
    above = [rung for rung in LADDER if rung > rate]
    return (rate, *below[-1:], *above[:1])


def _beyond(found: Mapping[float, int]) -> float | None:
    """The rung beyond the best rate where that is the highest or the lowest of those found; None where there is none."""
    best = best_rate(found)
    if best == max(found):
        return next((rate for rate in LADDER if rate > best), None)
    if best == min(found):
        return next((rate for rate in reversed(LADDER) if rate < best), None)
    return None


def best_rate(errors: Mapping[float, float]) -> float:
    """The learning rate with the fewest errors, the lowest of several."""
    return min(sorted(errors), key=lambda rate: errors[rate])


def means_over_seeds(first: Mapping[float, int], mean: Callable[[float], float]) -> dict[float, float]:
    """Mean errors over all seeds by learning rate, of so many rates that none of the others can be the best.

    The best rate of one seed may be one at which another seed learns nothing. So all seeds try every rate that promises fewer errors.

    first: errors with the first seed, by rate. mean: errors with all seeds.
    """
    found: dict[float, float] = {}
    promised = dict(first)
    while promised and min(promised.values()) < min(found.values(), default=math.inf):
        rate = best_rate(promised)
        del promised[rate]
        found[rate] = mean(rate)
    return found


def _is_converged(short: MeasuredBudget, doubled: MeasuredBudget) -> bool:
    return short.mean - doubled.mean < short.spread
