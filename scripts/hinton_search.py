"""Choosing the settings of the Hinton study by validation errors: `python -m scripts.hinton_search --out search.json`.

5,000 images of MNIST's training set are held out, and every candidate trains on the other 55,000: first teachers, then
students of the best teacher, then budgets of the small student over all temperatures. No test image is looked at. What is
chosen stands in `kdcore/studies/hinton2015.py`, which fits it once more. Each candidate is a run in the runs folder: one that
was interrupted resumes, one that is there is not trained again. About four hours of one core with bfloat16 products.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kdcore.cli.data_folder import data_folder
from kdcore.cli.progress_bar import with_progress_bar
from kdcore.errors import RunRefused
from kdcore.experiment import Experiment
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store
from kdcore.studies.hinton2015 import TEMPERATURES
from kdcore.studies.preset_verification import finished_run
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_training import member_runs, train_missing

Setting = dict[str, Any]
SEEDS = 2
"""Of students; a teacher has one, as in the study."""

BASE: Setting = {"dataset": "mnist", "teacher": "mlp-1200x2", "teacher_shift": 2}
NO_STUDENT: Setting = {"student": "mlp-10", "epochs": 1, "count": 1000}
"""The smallest student: where teachers are compared, nobody asks what is learned from them."""
SQUARED_LENGTH = 15
"""The most that Hinton et al. 2012 allow of a unit's incoming weights."""

_SGD: Setting = {"teacher_optimiser": "sgd", "teacher_momentum": 0.95, "teacher_learning_rate": 0.02}
TEACHERS: tuple[Setting, ...] = (
    {"teacher_epochs": 200, "teacher_learning_rate": 0.002, "teacher_max_norm": 2.0},
    {"teacher_epochs": 200, **_SGD, "teacher_max_norm": round(SQUARED_LENGTH**0.5, 3)},
    {"teacher_epochs": 200, "teacher_learning_rate": 0.001},
    {"teacher_epochs": 200, "teacher_learning_rate": 0.002, "teacher_max_norm": 1.5},
)
_STUDENT: Setting = {"student": "mlp-800x2", "temperature": 20, "learning_rate": 0.001}
STUDENTS: tuple[Setting, ...] = (
    *({**_STUDENT, "epochs": 60, "teacher_weight": 0.9, "logit_shift": shift} for shift in (0, 1, 2)),
    {**_STUDENT, "epochs": 60, "teacher_weight": 0.98, "logit_shift": 2},
    {**_STUDENT, "epochs": 150, "teacher_weight": 0.9, "logit_shift": 2},
    {**_STUDENT, "epochs": 150, "teacher_weight": 0.98, "logit_shift": 2},
)
_SMALL: Setting = {"student": "mlp-30x2", "learning_rate": 0.003}
SMALL: tuple[Setting, ...] = (
    {**_SMALL, "epochs": 10, "teacher_weight": 0.9},
    {**_SMALL, "epochs": 100, "teacher_weight": 0.9},
    {**_SMALL, "epochs": 100, "teacher_weight": 1.0},
    {**_SMALL, "epochs": 100, "teacher_weight": 0.9, "logit_shift": 2},
)


@dataclass(frozen=True)
class Candidate:
    """A setting and its validation errors, by seed, of whom it is chosen for; twin: the same of the student's twin."""

    setting: Setting
    errors: tuple[int, ...]
    twin: tuple[int, ...] = ()

    @property
    def mean(self) -> float:
        """Of the errors."""
        return statistics.fmean(self.errors)


def best(candidates: Sequence[Candidate]) -> Candidate:
    """The candidate with the fewest errors, the first among equals."""
    return min(candidates, key=lambda one: one.mean)


class HintonSearch:
    """Measures candidates in a store."""

    def __init__(self, store: Store, base: Setting = BASE, seeds: int = SEEDS) -> None:
        self.store, self.base, self.seeds = store, base, seeds

    def teachers(self, settings: Sequence[Setting]) -> Iterator[Candidate]:
        """Each teacher's validation errors."""
        for setting in settings:
            [results] = self._results(setting | NO_STUDENT, 1)
            yield Candidate(setting, (results["teacher"]["val_errors"],))

    def students(self, teacher: Setting, settings: Sequence[Setting]) -> Iterator[Candidate]:
        """Each student's validation errors, taught by that teacher."""
        for setting in settings:
            results = self._results(teacher | setting, self.seeds)
            student, twin = (
                tuple(one[role]["val_errors"] for one in results) for role in ("student", "twin")
            )
            yield Candidate(setting, student, twin)

    def small(
        self, teacher: Setting, settings: Sequence[Setting], temperatures: Sequence[float] = TEMPERATURES
    ) -> Iterator[Candidate]:
        """The small student's validation errors at every temperature, the settings one after another."""
        for setting in settings:
            base = Experiment.from_flat(self.base | teacher | setting)
            sweep = Sweep.read({"base": base, "vary": {"temperature": temperatures}, "seeds": self.seeds})
            for run in train_missing(sweep, self.store, data_folder=data_folder(), watch=with_progress_bar):
                if run.status != "finished":
                    raise RunRefused(f"The run {run.id} did not finish: {run.error or run.status}")
            results = [one.run.results for one in member_runs(sweep.members, self.store) if one.run]
            for n, temperature in enumerate(temperatures):
                own = results[n * self.seeds : (n + 1) * self.seeds]
                student, twin = (
                    tuple(one[role]["val_errors"] for one in own) for role in ("student", "twin")
                )
                yield Candidate({**setting, "temperature": temperature}, student, twin)

    def _results(self, setting: Setting, seeds: int) -> list[Mapping[str, Any]]:
        experiment = Experiment.from_flat(self.base | setting)
        return [
            finished_run(
                seeded(experiment, seed), "Hinton 2015: search", self.store, data_folder(), with_progress_bar
            ).results
            for seed in range(seeds)
        ]


def shown(candidates: Iterator[Candidate]) -> list[Candidate]:
    """All candidates, each printed when it is measured."""
    found = []
    for one in candidates:
        found.append(one)
        setting = ", ".join(f"{name} = {value}" for name, value in one.setting.items())
        print(f"{one.mean:.1f} {one.errors} twin {one.twin or '-'}: {setting}", flush=True)
    return found


def main() -> None:
    """Measure all candidates and write them down, the chosen one of each part first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="a file for all candidates, as JSON")
    options = parser.parse_args()
    search = HintonSearch(Store(runs_folder()))
    parts = {"teachers": shown(search.teachers(TEACHERS))}
    teacher = best(parts["teachers"]).setting
    parts["students"] = shown(search.students(teacher, STUDENTS))
    parts["small"] = shown(search.small(teacher, SMALL))
    found = {
        part: {"chosen": dict(best(candidates).setting), "candidates": [asdict(one) for one in candidates]}
        for part, candidates in parts.items()
    }
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for part, one in found.items():
        print(f"{part}: {one['chosen']}")


if __name__ == "__main__":
    main()
