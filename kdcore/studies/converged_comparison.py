"""Methods beside each other at the budget at which the twin has converged, each at a learning rate that suits it.

The twin's learning rate is chosen on validation images with its budget (`converged_budget`). Each method then gets the same
small search around it: its student's validation errors with the first seed, and with all seeds where a rate promises to be
the best. The twin that it is compared with stays the one at the twin's own rate, which is the fairest there is.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from kdcore.errors import StillroomError
from kdcore.experiment import Experiment
from kdcore.pipelines.checks import check
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from kdcore.studies.converged_budget import (
    MeasuredBudget,
    Watch,
    best_rate,
    means_over_seeds,
    rate_search,
    with_neighbours,
)
from kdcore.studies.method_comparison import BESIDE, Row, ScratchRuns, row_of, with_further_seeds
from kdcore.studies.preset_verification import finished_run


@dataclass(frozen=True)
class ConvergedComparison:
    """Measures methods at a converged budget; what was measured before is found in the store.

    Attributes:
        base: names data, teacher and student; its epochs and learning rate are the budget's.
        seeds: of every method.
        store: of the runs.
        data_folder: of the images.
        watch: sees the events of a run that trains.
    """

    base: Experiment
    seeds: int
    store: Store
    data_folder: Path
    watch: Watch = iter

    def rows(self, names: Sequence[str], known: Iterable[Row] = ()) -> Iterator[Row]:
        """One row a method.

        known: those that were measured before. Their seeds and their learning rates are taken as they are, and only further seeds
        are trained.

        Raises:
            RunRefused: a run failed.
        """
        there = {row.method: row for row in known if row.student}
        for name in names:
            yield self._with_all_seeds(there[name]) if name in there else self._row(name)

    def _with_all_seeds(self, row: Row) -> Row:
        further = range(len(row.student), self.seeds)
        if not further:
            return row
        tuned = self.base.with_flat(method=row.method, parameters={}, learning_rate=row.learning_rate)
        return with_further_seeds(row, self._tested(tuned, further))

    def _row(self, name: str) -> Row:
        experiment = self.base.with_flat(method=name, parameters={})
        try:
            check(experiment, data_folder=self.data_folder, runs_folder=self.store.folder)
        except StillroomError as error:
            return Row(name, refused=str(error))
        rates = with_neighbours(self.base.recipe.learning_rate)
        by_rate = rate_search(rates, partial(self._validation_errors, experiment, seed=0))
        means = means_over_seeds(by_rate, partial(self._mean_validation_errors, experiment))
        tuned = experiment.with_flat(learning_rate=best_rate(means))
        half = tuned.with_flat(epochs=max(1, tuned.recipe.epochs // 2))
        return replace(
            self._tested(tuned, range(self.seeds)),
            learning_rate=tuned.recipe.learning_rate,
            by_rate={f"{rate:.4g}": errors for rate, errors in by_rate.items()},
            mean_by_rate={f"{rate:.4g}": errors for rate, errors in means.items()},
            val_errors_at_half=self._run(half, 0).results["student"]["val_errors"],
        )

    def _tested(self, tuned: Experiment, seeds: Iterable[int]) -> Row:
        """What these seeds give beside the twin at its own rate."""
        labels_alone = self.base.with_flat(method=BESIDE, parameters={})
        results = {
            seed: self._run(tuned, seed).results | {"twin": self._run(labels_alone, seed).results["twin"]}
            for seed in seeds
        }
        scratch = ScratchRuns(tuned, self.store, self.data_folder, self.watch)
        val_errors = tuple(found["student"]["val_errors"] for found in results.values())
        return replace(row_of(tuned.method, results, scratch), val_errors=val_errors)

    def _mean_validation_errors(self, experiment: Experiment, rate: float) -> float:
        return statistics.fmean(self._validation_errors(experiment, rate, seed) for seed in range(self.seeds))

    def _validation_errors(self, experiment: Experiment, rate: float, seed: int) -> int:
        found = self._run(experiment.with_flat(learning_rate=rate), seed)
        return int(found.results["student"]["val_errors"])

    def _run(self, experiment: Experiment, seed: int) -> Run:
        title = f"compare: {experiment.method}"
        return finished_run(seeded(experiment, seed), title, self.store, self.data_folder, self.watch)


def at_budget(base: Experiment, budget: MeasuredBudget) -> Experiment:
    """The experiment at this budget and the twin's learning rate."""
    return base.with_flat(epochs=budget.epochs, learning_rate=budget.rate)


def still_falls(row: Row) -> bool:
    """Whether the method's own validation errors fell by more than its seeds' spread from half the budget to the whole."""
    if row.val_errors_at_half is None or len(row.val_errors) < 2:
        return False
    return row.val_errors_at_half - row.val_errors[0] > statistics.stdev(row.val_errors)
