"""The converged budget of a student: how long it has to train until training longer teaches it no more.

Found by measurement on validation images. At every budget each learning rate is tried, and the one with which the twin errs
least is taken. The converged budget is the fewest epochs at which doubling them changes the twin's mean validation error by
less than the spread of its seeds.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

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
RATES = (0.001, 0.003, 0.01, 0.03)
"""Highest learning rates of the schedule that are tried."""

Watch = Callable[[Iterable[Event]], Iterable[Event]]


@dataclass(frozen=True)
class MeasuredBudget:
    """What one budget gave: the twin's validation errors, and by each learning rate what it was chosen from.

    Attributes:
        epochs: of the budget.
        by_rate: validation errors by seed, by learning rate.
    """

    epochs: int
    by_rate: Mapping[float, tuple[int, ...]]

    @property
    def rate(self) -> float:
        """The learning rate with the fewest mean errors."""
        return min(self.by_rate, key=lambda rate: statistics.fmean(self.by_rate[rate]))

    @property
    def errors(self) -> tuple[int, ...]:
        """The twin's validation errors by seed at the best learning rate."""
        return self.by_rate[self.rate]

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
        """The fewest epochs at which doubling changes less than the spread; the longest tried where none is."""
        pairs = zip(self.tried, self.tried[1:], strict=False)
        return next((short for short, doubled in pairs if _is_converged(short, doubled)), self.tried[-1])

    @property
    def converged(self) -> bool:
        """Whether there is such a budget among those that were tried."""
        return self.chosen is not self.tried[-1]


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

    base: names data, teacher, student and recipe. Each run also trains the student of the base's method beside its twin.

    Raises:
        InvalidExperiment: fewer than two seeds, which have no spread, or validation images that are trained on.
        RunRefused: a run failed.
    """
    if seeds < 2:
        raise InvalidExperiment(
            f"--seeds {seeds}: a converged budget is told by the spread of two seeds or more."
        )
    if base.train_on_validation:
        raise InvalidExperiment(CHOOSES.format(who="The converged budget"))
    tried: list[MeasuredBudget] = []
    epochs = first
    while epochs <= most:
        tried.append(_measured(base, epochs, rates, seeds, store, data_folder, watch))
        if len(tried) > 1 and _is_converged(*tried[-2:]):
            break
        epochs *= 2
    return ConvergedBudget(tuple(tried))


def _measured(
    base: Experiment,
    epochs: int,
    rates: tuple[float, ...],
    seeds: int,
    store: Store,
    data_folder: Path,
    watch: Watch,
) -> MeasuredBudget:
    by_rate = {}
    for rate in rates:
        experiment = base.with_flat(epochs=epochs, learning_rate=rate)
        runs = [
            finished_run(
                seeded(experiment, seed), f"budget: {epochs} epochs, {rate:g}", store, data_folder, watch
            )
            for seed in range(seeds)
        ]
        by_rate[rate] = tuple(run.results["twin"]["val_errors"] for run in runs)
    return MeasuredBudget(epochs, by_rate)


def _is_converged(short: MeasuredBudget, doubled: MeasuredBudget) -> bool:
    return abs(short.mean - doubled.mean) < short.spread
