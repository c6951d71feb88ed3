"""Methods beside each other at the budget at which the twin has converged, each at a learning rate that suits it.

The twin's learning rate is chosen on validation images with its budget (`converged_budget`). Each method then gets the same
small search around it: its student's validation errors with the first seed. The twin that it is compared with stays the one
at the twin's own rate, which is the fairest there is.
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
from kdcore.studies.converged_budget import LADDER, MeasuredBudget, Watch, best_rate, rate_search
from kdcore.studies.method_comparison import BESIDE, Row, ScratchRuns, row_of, seconds_of
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
        """One row a method. known: those that were measured before with as many seeds, which are taken as they are.

        Raises:
            RunRefused: a run failed.
        """
        there = {row.method: row for row in known if len(row.student) == self.seeds}
        for name in names:
            yield there[name] if name in there else self._row(name)

    def _row(self, name: str) -> Row:
        experiment = self.base.with_flat(method=name, parameters={})
        try:
            check(experiment, data_folder=self.data_folder, runs_folder=self.store.folder)
        except StillroomError as error:
            return Row(name, refused=str(error))
        own = self.base.recipe.learning_rate
        beside = [
            max((r for r in LADDER if r < own), default=own),
            min((r for r in LADDER if r > own), default=own),
        ]
        by_rate = rate_search([own, *beside], partial(self._validation_errors, experiment))
        tuned = experiment.with_flat(learning_rate=best_rate(by_rate))
        results = [self._run(tuned, seed).results for seed in range(self.seeds)]
        twins = [
            self._run(self.base.with_flat(method=BESIDE, parameters={}), seed).results
            for seed in range(self.seeds)
        ]
        paired = [found | {"twin": twin["twin"]} for found, twin in zip(results, twins, strict=True)]
        scratch = ScratchRuns(tuned, self.store, self.data_folder, self.watch)
        seconds = [seconds_of(found, scratch, seed) for seed, found in enumerate(results)]
        half = tuned.with_flat(epochs=max(1, tuned.recipe.epochs // 2))
        return replace(
            row_of(name, paired, [one for one in seconds if one is not None]),
            learning_rate=tuned.recipe.learning_rate,
            by_rate={f"{rate:.4g}": errors for rate, errors in by_rate.items()},
            val_errors=tuple(found["student"]["val_errors"] for found in results),
            val_errors_at_half=self._run(half, 0).results["student"]["val_errors"],
        )

    def _validation_errors(self, experiment: Experiment, rate: float) -> int:
        found = self._run(experiment.with_flat(learning_rate=rate), 0)
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
