"""A Bayesian search: rounds of settings that race side by side, each drawn from what the rounds before found.

Optuna draws (tree-structured Parzen estimator) and prunes (median); the objective is the mean of the validation errors over
a setting's seeds, so test images choose nothing. A setting that falls behind leaves the loop before its end.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdcore.events import Checkpoint, Commands, Entered, Event, Finished
from kdcore.experiment import Experiment
from kdcore.pipelines import cohort_pipeline
from kdcore.pipelines.cohort_spec import CohortSpec, cohort_specs
from kdcore.pipelines.search_space import Search, is_wide, numbers, seeded, with_setting

if TYPE_CHECKING:
    import optuna

ROUND = 8
"""Settings that race at once: of fewer a loop has little use, of more Optuna knows less before it draws."""
PATIENCE = 500
"""Thousandths of a run before a setting may be pruned: at first, large temperatures only seem to be behind."""
ROLE = re.compile(r"(student|twin)-(\d+)(.*)")


@dataclass
class SearchState:
    """What is known by now, and kept in every checkpoint.

    trials: a setting with its mean validation errors, None where it was pruned. results: by an experiment's hash, what its
    finished member's own run would have, and who it is. reports: what this round's trials have reported: trial, thousandths of the run, value.
    pruned: which of them have left. this_round: the hashes of what it has found. race: which race of the round is on.
    """

    trials: list[dict[str, Any]] = field(default_factory=list)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    reports: list[tuple[int, int, float]] = field(default_factory=list)
    pruned: list[int] = field(default_factory=list)
    this_round: list[str] = field(default_factory=list)
    race: int = 0


def run(
    search: Search,
    *,
    data_folder: Path,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None = None,
) -> Iterator[Event]:
    """Search, or go on from a checkpoint; the last event is `Finished`.

    Its results hold `members`, what each finished member's own run would have, and `places`, who they are.

    Raises:
        StillroomError: whatever stops it, in a sentence.
    """
    told = SearchState(**resume.values["search"]) if resume is not None else SearchState()
    folders = {"data_folder": data_folder, "runs_folder": runs_folder}
    while len(told.trials) < search.trials:
        round_ = _Round(search, told)
        if resume is None:
            yield from round_.entered()
        for number, lineup in enumerate(round_.races):
            if number < told.race:
                continue
            told.race = number
            for event in cohort_pipeline.run(
                lineup, **folders, commands=commands, resume=resume, judge=round_.judge
            ):
                if isinstance(event, Finished):
                    if event.status == "stopped":
                        yield event
                        return
                    round_.note(lineup, event.results["members"])
                else:
                    yield round_.renamed(lineup, event)
            resume = None
        round_.end()
    there = [*told.results.values()]
    places = [{name: found[name] for name in ("experiment", "role", "twin")} for found in there]
    members = [found["results"] for found in there]
    yield Finished("finished", {"members": members, "places": places, "trials": told.trials})


class _Round:
    """Some settings that race at once."""

    def __init__(self, search: Search, told: SearchState) -> None:
        self.search, self.told = search, told
        self.first = len(told.trials)
        count = min(ROUND, search.trials - self.first)
        self.study = _study(search, told)
        self.asked = [self.study.ask(_distributions(search)) for _ in range(count)]
        for trial, step, value in told.reports:
            self.asked[trial].report(value, step)
        self.settings = [_setting(search, trial.params) for trial in self.asked]
        self.numbers: dict[str, int] = {}
        for i, setting in enumerate(self.settings):
            for seed in range(search.seeds):
                number = (self.first + i) * search.seeds + seed
                self.numbers.setdefault(self._experiment(setting, seed).hash, number)
        members = [self._experiment(s, seed) for s in self.settings for seed in range(search.seeds)]
        known = {hash for hash in told.results if hash not in told.this_round}
        self.races = cohort_specs(e for e in members if e.hash not in known)

    def _experiment(self, setting: Mapping[str, Any], seed: int) -> Experiment:
        return seeded(with_setting(self.search.base, setting), seed)

    def _number(self, lineup: CohortSpec, place: int) -> int:
        return self.numbers[lineup.experiments[place].hash]

    def renamed(self, lineup: CohortSpec, event: Event) -> Event:
        """The event under the names that its networks have in the whole search; a checkpoint with what is known."""
        if isinstance(event, Checkpoint):
            return replace(event, values={**event.values, "search": vars(self.told)})
        role = getattr(event, "role", None)
        return event if role is None else replace(event, role=self._name(lineup, role))  # type: ignore[arg-type]

    def _name(self, lineup: CohortSpec, role: str) -> str:
        said = ROLE.fullmatch(role)
        # A race has no more twins than students: each takes the number of one.
        return role if said is None else f"{said[1]}-{self._number(lineup, int(said[2]))}{said[3]}"

    def entered(self) -> Iterator[Event]:
        """Who is there."""
        for lineup in self.races:
            for place in lineup.places:
                role, twin = self._name(lineup, place.role), self._name(lineup, place.twin)
                yield Entered(role, twin, place.experiment.to_json())

    def judge(self, lineup: CohortSpec, share: int, errors: Mapping[str, int]) -> set[str]:
        """Who leaves: the settings that Optuna prunes, by their mean validation errors so far."""
        leaving: set[str] = set()
        for i, setting in enumerate(self.settings):
            hashes = [self._experiment(setting, seed).hash for seed in range(self.search.seeds)]
            roles = [place.role for place in lineup.places if place.experiment.hash in hashes]
            if not roles or any(role not in errors for role in roles):
                continue
            value = statistics.fmean(errors[role] for role in roles)
            self.asked[i].report(value, share)
            self.told.reports.append((i, share, value))
            if self.asked[i].should_prune():
                leaving |= {*roles}
                self.told.pruned.append(i)
        return leaving

    def note(self, lineup: CohortSpec, results: Sequence[dict[str, Any] | None]) -> None:
        """Keep what a race found."""
        for place, found in zip(lineup.places, results, strict=True):
            if found is not None:
                self.told.this_round.append(place.experiment.hash)
                self.told.results[place.experiment.hash] = {
                    "experiment": place.experiment.to_json(),
                    "role": self._name(lineup, place.role),
                    "twin": self._name(lineup, place.twin),
                    "results": found,
                }

    def end(self) -> None:
        """Tell Optuna by telling the next round."""
        for i, setting in enumerate(self.settings):
            hashes = [self._experiment(setting, seed).hash for seed in range(self.search.seeds)]
            there = [
                self.told.results[hash]["results"]["student"]["val_errors"]
                for hash in hashes
                if hash in self.told.results
            ]
            value = None if i in self.told.pruned or not there else statistics.fmean(there)
            reports = {step: v for trial, step, v in self.told.reports if trial == i}
            params = dict(self.asked[i].params)
            self.told.trials.append(
                {"setting": setting, "params": params, "value": value, "reports": reports}
            )
        self.told.reports, self.told.pruned, self.told.this_round, self.told.race = [], [], [], 0


def _study(search: Search, told: SearchState) -> optuna.Study:
    """Optuna's study of all trials so far. What it draws next follows from them alone."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=len(told.trials), n_startup_trials=ROUND, constant_liar=True)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=ROUND // 2, n_warmup_steps=PATIENCE)
    study = optuna.create_study(sampler=sampler, pruner=pruner)
    state = optuna.trial.TrialState
    for trial in told.trials:
        reports = {int(step): value for step, value in trial["reports"].items()}
        study.add_trial(
            optuna.trial.create_trial(
                params=trial["params"],
                distributions=_distributions(search),
                value=trial["value"],
                intermediate_values=reports,
                state=state.PRUNED if trial["value"] is None else state.COMPLETE,
            )
        )
    return study


def _distributions(search: Search) -> dict[str, Any]:
    import optuna

    made: dict[str, Any] = {}
    for name, values in search.vary.items():
        ends = numbers(values)
        if ends is None:
            made[name] = optuna.distributions.CategoricalDistribution(range(len(values)))
        elif all(isinstance(value, int) for value in values):
            made[name] = optuna.distributions.IntDistribution(int(ends[0]), int(ends[1]))
        else:
            made[name] = optuna.distributions.FloatDistribution(*ends, log=is_wide(*ends))
    return made


def _setting(search: Search, params: Mapping[str, Any]) -> dict[str, Any]:
    """What Optuna drew, as values of the fields; four digits of a number are enough."""
    setting: dict[str, Any] = {}
    for name, values in search.vary.items():
        drawn = params[name]
        if numbers(values) is None:
            setting[name] = values[drawn]
        elif isinstance(drawn, float) and math.isfinite(drawn):
            setting[name] = float(f"{drawn:.4g}")
        else:
            setting[name] = drawn
    return setting
