"""A Bayesian search: rounds of settings that train side by side, each drawn from the results of the rounds before.

Optuna draws (tree-structured Parzen estimator) and prunes (median). The objective is the mean of the validation errors over
a setting's seeds, so test images choose nothing. A setting that falls behind leaves its cohort before the end.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdcore.errors import TrainingDiverged
from kdcore.events import Checkpoint, Commands, Entered, Event, Finished, Validation
from kdcore.pipelines import cohort_pipeline
from kdcore.pipelines.cohort_spec import DIVERGED, CohortSpec, group_into_cohorts
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.pipelines.varied_fields import is_logarithmic, numeric_range, seeded, with_setting

if TYPE_CHECKING:
    import optuna

ROUND = 8
"""Settings of one round: with fewer, a loop trains few members; with more, Optuna knows less before it draws."""
WARM_UP = 500
"""Thousandths of a run before a setting may be pruned: early on, large temperatures only seem to be behind."""
NUMBERED_ROLE = re.compile(r"(student|twin)-(\d+)(.*)")


@dataclass
class SearchState:
    """The results so far, kept in every checkpoint.

    Attributes:
        trials: each finished setting with its mean validation errors, None where it was pruned.
        results: by an experiment's hash, its roles and what a run of its own would have as its results.
        reports: of this round: trial, thousandths of the run, mean validation errors.
        pruned: trials of this round that have left.
        round_hashes: the experiments of this round that are in `results`.
        cohort: the number of the cohort within the round that trains now.
        diverged: by the hash of an experiment whose training diverged, how many validation images there are.
    """

    trials: list[dict[str, Any]] = field(default_factory=list)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    reports: list[tuple[int, int, float]] = field(default_factory=list)
    pruned: list[int] = field(default_factory=list)
    round_hashes: list[str] = field(default_factory=list)
    cohort: int = 0
    diverged: dict[str, int] = field(default_factory=dict)

    def to_values(self) -> dict[str, Any]:
        """JSON values under the names that checkpoints use."""
        return {
            "trials": self.trials,
            "results": self.results,
            "reports": self.reports,
            "pruned": self.pruned,
            "this_round": self.round_hashes,
            "race": self.cohort,
            "diverged": self.diverged,
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> SearchState:
        """Read what `to_values` returned."""
        names = ("trials", "results", "reports", "pruned", "this_round", "race")
        state = cls(*(values[name] for name in names))
        state.diverged = dict(values.get("diverged", {}))
        return state

    def start_round(self) -> None:
        """Forget what belongs to one round."""
        self.reports, self.pruned, self.round_hashes, self.cohort = [], [], [], 0


def run(
    search: SearchSpec,
    *,
    data_folder: Path,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None = None,
) -> Iterator[Event]:
    """Search, or resume from a checkpoint; the last event is `Finished`.

    Its results hold `members`, what each finished member's own run would have as its results, `entries`, their experiments
    and roles, and `trials`.

    Raises:
        StillroomError: whatever stops the search, in a sentence.
    """
    state = SearchState() if resume is None else SearchState.from_values(resume.values["search"])
    folders = {"data_folder": data_folder, "runs_folder": runs_folder}
    while len(state.trials) < search.trials:
        current = SearchRound(search, state)
        if resume is None:
            yield from current.entered()
        for number, cohort in enumerate(current.cohorts):
            if number < state.cohort:
                continue
            state.cohort = number
            pruner = partial(current.prune, cohort)
            events = cohort_pipeline.run(cohort, **folders, commands=commands, resume=resume, pruner=pruner)
            for event in current.without_divergence(cohort, events):
                if not isinstance(event, Finished):
                    yield current.renamed(cohort, event)
                elif event.status == "stopped":
                    yield event
                    return
                else:
                    current.keep(cohort, event.results["members"])
            resume = None
        current.end()
    yield Finished("finished", _results(state))


def _results(state: SearchState) -> dict[str, Any]:
    found = [*state.results.values()]
    return {
        "members": [one["results"] for one in found],
        "entries": [{name: one[name] for name in ("experiment", "role", "twin")} for one in found],
        "trials": state.trials,
    }


class SearchRound:
    """The settings of one round, which train side by side."""

    def __init__(self, search: SearchSpec, state: SearchState) -> None:
        self.search, self.state = search, state
        first = len(state.trials)
        self.study = _study(search, state)
        self.drawn = [
            self.study.ask(_distributions(search)) for _ in range(min(ROUND, search.trials - first))
        ]
        for trial, step, value in state.reports:
            self.drawn[trial].report(value, step)
        self.settings = [_setting(search, trial.params) for trial in self.drawn]
        self.experiments = [
            [seeded(with_setting(search.base, setting), seed) for seed in range(search.seeds)]
            for setting in self.settings
        ]
        members = [experiment for seeds in self.experiments for experiment in seeds]
        self.numbers: dict[str, int] = {}
        for number, experiment in enumerate(members, first * search.seeds):
            self.numbers.setdefault(experiment.hash, number)
        trained_before = state.results.keys() - {*state.round_hashes}
        self.cohorts = group_into_cohorts(e for e in members if e.hash not in trained_before)

    def without_divergence(self, cohort: CohortSpec, events: Iterator[Event]) -> Iterator[Event]:
        """The same events; where every member diverged, the end that says so of each in place of the error."""
        images = 0
        try:
            for event in events:
                if isinstance(event, Validation):
                    images = event.images
                yield event
        except TrainingDiverged as error:
            found = {DIVERGED: str(error), "val_images": images}
            yield Finished("finished", {"members": [found] * len(cohort.entries)})

    def renamed(self, cohort: CohortSpec, event: Event) -> Event:
        """The event under the roles that its networks have in the whole search; a checkpoint with the search's state."""
        if isinstance(event, Checkpoint):
            return replace(event, values={**event.values, "search": self.state.to_values()})
        role = getattr(event, "role", None)
        return event if role is None else replace(event, role=self._role(cohort, role))  # type: ignore[arg-type]

    def _role(self, cohort: CohortSpec, role: str) -> str:
        match = NUMBERED_ROLE.fullmatch(role)
        if match is None:
            return role
        # A cohort has no more twins than students: each takes the number of one.
        number = self.numbers[cohort.experiments[int(match[2])].hash]
        return f"{match[1]}-{number}{match[3]}"

    def entered(self) -> Iterator[Event]:
        """An event for each experiment of the round."""
        for cohort in self.cohorts:
            for entry in cohort.entries:
                role, twin = self._role(cohort, entry.role), self._role(cohort, entry.twin)
                yield Entered(role, twin, entry.experiment.to_json())

    def prune(self, cohort: CohortSpec, thousandths: int, errors: Mapping[str, int]) -> set[str]:
        """The students whose settings Optuna prunes by their mean validation errors at that part of the run."""
        leaving: set[str] = set()
        for trial, experiments in enumerate(self.experiments):
            hashes = {experiment.hash for experiment in experiments}
            roles = [entry.role for entry in cohort.entries if entry.experiment.hash in hashes]
            if not roles or any(role not in errors for role in roles):
                continue
            value = statistics.fmean(errors[role] for role in roles)
            self.drawn[trial].report(value, thousandths)
            self.state.reports.append((trial, thousandths, value))
            if self.drawn[trial].should_prune():
                leaving |= {*roles}
                self.state.pruned.append(trial)
        return leaving

    def keep(self, cohort: CohortSpec, results: Sequence[dict[str, Any] | None]) -> None:
        """Keep the results of a cohort's members, None of those that were pruned."""
        for entry, found in zip(cohort.entries, results, strict=True):
            if found is not None and DIVERGED in found:
                self.state.diverged[entry.experiment.hash] = found["val_images"]
            elif found is not None:
                self.state.round_hashes.append(entry.experiment.hash)
                self.state.results[entry.experiment.hash] = {
                    "experiment": entry.experiment.to_json(),
                    "role": self._role(cohort, entry.role),
                    "twin": self._role(cohort, entry.twin),
                    "results": found,
                }

    def end(self) -> None:
        """Add the round's trials to those that the next round draws from."""
        self.state.trials += [self._ended(trial) for trial in range(len(self.drawn))]
        self.state.start_round()

    def _ended(self, trial: int) -> dict[str, Any]:
        errors = [
            self.state.results[experiment.hash]["results"]["student"]["val_errors"]
            for experiment in self.experiments[trial]
            if experiment.hash in self.state.results
        ]
        # A search counts what diverged as the worst that there is: every validation image wrong.
        worst = [
            self.state.diverged[e.hash] for e in self.experiments[trial] if e.hash in self.state.diverged
        ]
        errors = worst or errors
        pruned = not worst and (trial in self.state.pruned or not errors)
        return {
            "setting": self.settings[trial],
            "params": dict(self.drawn[trial].params),
            "value": None if pruned else statistics.fmean(errors),
            "reports": {step: value for other, step, value in self.state.reports if other == trial},
        }


def _study(search: SearchSpec, state: SearchState) -> optuna.Study:
    """Optuna's study of all trials so far; they alone decide what it draws next."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=len(state.trials), n_startup_trials=ROUND, constant_liar=True)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=ROUND // 2, n_warmup_steps=WARM_UP)
    study = optuna.create_study(sampler=sampler, pruner=pruner)
    trial_state = optuna.trial.TrialState
    for trial in state.trials:
        reports = {int(step): value for step, value in trial["reports"].items()}
        study.add_trial(
            optuna.trial.create_trial(
                params=trial["params"],
                distributions=_distributions(search),
                value=trial["value"],
                intermediate_values=reports,
                state=trial_state.PRUNED if trial["value"] is None else trial_state.COMPLETE,
            )
        )
    return study


def _distributions(search: SearchSpec) -> dict[str, Any]:
    import optuna

    distributions: dict[str, Any] = {}
    for name, values in search.vary.items():
        ends = numeric_range(values)
        if ends is None:
            distributions[name] = optuna.distributions.CategoricalDistribution(range(len(values)))
        elif all(isinstance(value, int) for value in values):
            distributions[name] = optuna.distributions.IntDistribution(int(ends[0]), int(ends[1]))
        else:
            distributions[name] = optuna.distributions.FloatDistribution(*ends, log=is_logarithmic(*ends))
    return distributions


def _setting(search: SearchSpec, params: Mapping[str, Any]) -> dict[str, Any]:
    """What Optuna drew, as values of the fields; four digits of a number are enough."""
    setting: dict[str, Any] = {}
    for name, values in search.vary.items():
        drawn = params[name]
        if numeric_range(values) is None:
            setting[name] = values[drawn]
        elif isinstance(drawn, float) and math.isfinite(drawn):
            setting[name] = float(f"{drawn:.4g}")
        else:
            setting[name] = drawn
    return setting
