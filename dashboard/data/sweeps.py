"""A sweep as a page knows it: what the link says of it, and what is there of it by now."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, get_args

from dashboard.data import network_choices, run_curves, run_manager
from dashboard.text.roles import STUDENT, TWIN
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from dashboard.url.permalink import left_out, recipe_parameters, whole
from kdcore.errors import InvalidExperiment
from kdcore.experiment import FLAT_FIELDS, Experiment
from kdcore.experiment_fields import field_label
from kdcore.pipelines.cohort_spec import CohortEntry, CohortSpec, is_distillation_field
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.pipelines.varied_fields import FIXED_FIELDS, SEED_FIELDS, seeded, setting_of
from kdcore.runs.run_record import Run
from kdcore.studies.presets import PRESETS
from kdcore.studies.sweep import MOST_MEMBERS, MOST_SEEDS, Sampler, Sweep, SweepMember
from kdcore.studies.sweep_findings import field_value
from kdcore.studies.sweep_training import MemberRun, known_members, member_runs
from kdcore.studies.sweep_values import values_of

DEFAULT = "temperature:1,2,3,4,6,8,12,16,20"
SEEDS, TRIALS = 3, 20
SAMPLERS = get_args(Sampler)
TICK_SECONDS = 0.5
"""Viewers share what was read within so many seconds."""
FIRST = ("temperature", "teacher_weight", "student", "method", "count", "fraction", "label_noise", "hidden_labels", "omit")  # fmt: skip
"""The fields that are offered first."""
SUGGESTED = {
    "temperature": "1,2,3,4,6,8,12,16,20",
    "teacher_weight": "0,0.25,0.5,0.75,0.9,1",
    "student": "mlp-10,mlp-30,mlp-100,mlp-300",
    "teacher": "mlp-30,mlp-300,mlp-300x2",
    "method": "labels-only,soft-targets",
    "count": "50,100,200,400",
    "fraction": "0.05,0.1,0.2,0.5,1",
    "label_noise": "0,0.2,0.4,0.6",
    "hidden_labels": "0,0.5,0.9",
    "corrected_labels": "0.5,0.8,1",
}
SIZES = ("student",)
"""Fields whose values are networks."""
EXACT = 12
"""Decimals to which means of shares are told apart: beyond them they differ by rounding alone."""
Curve = list[tuple[float, float]]


# ---------------------------------------------------------------------------------------------- the link


def fields() -> list[str]:
    """What can be varied, the most asked for first."""
    return [*FIRST, *(name for name in FLAT_FIELDS if name not in (*FIRST, *FIXED_FIELDS, "dataset"))]


def suggested(name: str, base: Experiment) -> str:
    """Values to begin with, as a person would write them."""
    if name in SUGGESTED:
        return SUGGESTED[name]
    entry, value = FLAT_FIELDS[name], base.flat()[name]
    if entry.choices:
        return ",".join(entry.choices)
    if isinstance(value, bool):
        return "no,yes"
    if not value:
        return "0,1"
    around = [value * factor for factor in (0.5, 1, 2)]
    return ",".join(f"{round(v) if isinstance(value, int) else v:g}" for v in around)


def written(vary: Mapping[str, Sequence[Any]]) -> str:
    """What is varied as the link says it; `read_vary` reads it back."""
    return ";".join(f"{name}:{values_written(values)}" for name, values in vary.items())


def values_written(values: Sequence[Any]) -> str:
    """Values as a person would write them."""
    said = []
    for value in values:
        if isinstance(value, tuple | list):
            said.append("+".join(map(str, value)) or "none")
        elif isinstance(value, bool):
            said.append("yes" if value else "no")
        else:
            said.append("all" if value is None else f"{value:g}" if isinstance(value, float) else str(value))
    return ",".join(said)


def read_vary(text: str) -> dict[str, tuple[Any, ...]]:
    """What the link says is varied.

    Raises:
        InvalidExperiment: a field or a value that a sweep does not take.
    """
    return dict(values_of(*part.partition(":")[::2]) for part in text.split(";") if part.strip())


def read(parameters: Mapping[str, str], base: Experiment, problems: list[str]) -> Sweep:
    """The sweep that the link asks for around this experiment; what cannot be taken is told and left out."""
    sampler = said = parameters.get(Param.SAMPLER, SAMPLERS[0])
    if said not in SAMPLERS:
        sampler = SAMPLERS[0]
        problems.append(left_out(Param.SAMPLER, _("there is no such choice."), sampler, said))
    asked = {
        "base": base,
        "seeds": whole(Param.SEEDS, parameters.get(Param.SEEDS), SEEDS, 1, MOST_SEEDS, problems),
        "sampler": sampler,
        "trials": whole(Param.TRIALS, parameters.get(Param.TRIALS), TRIALS, 1, MOST_MEMBERS, problems),
    }
    for text in (parameters.get(Param.VARY, DEFAULT), DEFAULT):
        try:
            return Sweep.read(asked | {"vary": read_vary(text)})
        except InvalidExperiment as error:
            if str(error) not in problems:
                problems.append(str(error))
    return Sweep.read({"base": base, "vary": read_vary(DEFAULT), "seeds": SEEDS})


def link_of(run: Run) -> dict[str, str]:
    """The link to the sweep that a cohort belongs to, as far as its own members tell it."""
    job = run.job
    if isinstance(job, SearchSpec):
        said = {Param.VARY: written(job.vary), Param.SEEDS: str(job.seeds), Param.SAMPLER: "bayesian"}
        base = seeded(job.base, PRESETS[0].experiment.init_seed)
        return said | {Param.TRIALS: str(job.trials)} | recipe_parameters(base, PRESETS[0].experiment)
    experiments = (job,) if isinstance(job, Experiment) else job.experiments
    first = experiments[0]
    differing = {name for one in experiments for name in one.changes(first)} - {*SEED_FIELDS}
    vary: dict[str, tuple[Any, ...]] = {
        name: tuple(dict.fromkeys(one.flat()[name] for one in experiments))
        for name in fields()
        if name in differing
    }
    seeds = 1 + max(one.init_seed for one in experiments)
    base = seeded(first, PRESETS[0].experiment.init_seed)
    parameters = {Param.VARY: written(vary)} if vary else {}
    return parameters | {Param.SEEDS: str(seeds)} | recipe_parameters(base, PRESETS[0].experiment)


# ---------------------------------------------------------------------------------------------- what is there


@dataclass(frozen=True)
class SweepCurve:
    """One member on screen: its setting, its curve so far (epoch, validation error as a share), its run where it ended."""

    member: SweepMember
    curve: Curve
    twin: Curve
    run: Run | None

    @property
    def now(self) -> float | None:
        """Its newest validation error, a share."""
        return self.curve[-1][1] if self.curve else None

    @property
    def label(self) -> str:
        """Its name on hover."""
        return f"{setting_label(self.member.setting)} · {_('seed')} {self.member.seed}"

    @property
    def twins_label(self) -> str:
        """Its twin's name on hover, the same for all who share it."""
        own = {name: v for name, v in self.member.setting.items() if not is_distillation_field(name)}
        words = [TWIN.label, *([setting_label(own)] if own else []), f"{_('seed')} {self.member.seed}"]
        return " · ".join(words)


@dataclass(frozen=True)
class SweepProgress:
    """A sweep and what is there of it. parts: its runs that are not finished. teacher: its validation error, a share."""

    sweep: Sweep
    racers: tuple[SweepCurve, ...]
    parts: tuple[Run, ...]
    teacher: float | None
    teacher_test: float | None
    teacher_size: int | None

    @property
    def finished(self) -> int:
        """How many members are trained and tested."""
        return sum(racer.run is not None for racer in self.racers)

    @property
    def over(self) -> bool:
        """Whether every member is there; a search is over when its run is."""
        return self.finished == len(self.racers) > 0 and not (self.sweep.search and self.parts)

    @property
    def left_early(self) -> int:
        """How many settings a search has drawn and not trained to their end, once it is over."""
        if self.sweep.search is None or not self.over:
            return 0
        return max(0, self.sweep.trials - len(self.by_setting()))

    @property
    def known(self) -> int:
        """Of how many settings there is something to draw."""
        return sum(any(racer.curve for racer in group) for group in self.by_setting())

    @property
    def to_come(self) -> int:
        """How many settings nothing is known of yet; a search that is over left the others early."""
        settings = self.sweep.trials if self.sweep.search and not self.over else len(self.by_setting())
        return max(0, settings - self.known)

    @property
    def live(self) -> bool:
        """Whether something of it trains or waits."""
        return any(part.live or part.status == "queued" for part in self.parts)

    def there(self) -> SweepProgress:
        """While nothing trains, the part of it with the seeds that all settings have; itself where there is no such part."""
        to_come = [racer.member.seed for racer in self.racers if racer.run is None]
        seeds = min(to_come, default=self.sweep.seeds)
        if self.live or self.sweep.search or not 0 < seeds < self.sweep.seeds:
            return self
        return replace(self, racers=tuple(racer for racer in self.racers if racer.member.seed < seeds))

    @property
    def found(self) -> list[MemberRun]:
        """The members with their runs."""
        return [MemberRun(racer.member, racer.run) for racer in self.racers]

    def by_setting(self) -> list[list[SweepCurve]]:
        """The racers of each setting, in the sweep's order."""
        groups: dict[str, list[SweepCurve]] = {}
        for racer in self.racers:
            groups.setdefault(setting_label(racer.member.setting), []).append(racer)
        return list(groups.values())

    def ranked(self) -> list[tuple[float, list[SweepCurve]]]:
        """The settings of which something is known, with the mean of their validation errors now (a share), best first.

        Those that err alike stay in the sweep's order.
        """
        scores = [
            (round(statistics.fmean(errors), EXACT), group)
            for group in self.by_setting()
            if (errors := [racer.now for racer in group if racer.now is not None])
        ]
        return sorted(scores, key=lambda one: one[0])

    @property
    def best(self) -> str | None:
        """The label of the setting whose seeds err least on validation now; None before anything is known."""
        ranked = self.ranked()
        return setting_label(ranked[0][1][0].member.setting) if ranked else None


def setting_label(setting: Mapping[str, Any]) -> str:
    """A setting in words: T = 4, weight on teacher = 0.9."""
    return ", ".join(f"{field_label(name, _)} = {field_value(value, _)}" for name, value in setting.items())


def standing(sweep: Sweep) -> SweepProgress:
    """What is there of the sweep, at most half a second old; read once for all who look."""
    # Not as canonical JSON: that would lose the order of the fields, which is that of the axes.
    return _standing(sweep.model_dump_json(), int(time.monotonic() / TICK_SECONDS), run_manager.manager())


def outdated() -> None:
    """Look anew: something was begun, stopped or resumed from here."""
    _standing.cache_clear()


@lru_cache(maxsize=16)
def _standing(text: str, moment: int, manager: Any) -> SweepProgress:
    sweep = Sweep.from_json(text)
    store = manager.store
    parts = tuple(store.unfinished_of(sweep.hash))
    there = member_runs(_members(sweep, store, parts), store)
    finished = {f.run.id: f.run for f in there if f.run is not None}
    curves = _finished_curves(tuple(sorted(finished)), manager)
    running = _running_curves(parts)
    racers = []
    for one in there:
        if one.run is not None:
            said = curves.get(one.run.id, {})
            racers.append(SweepCurve(one.member, said.get("student", []), said.get("twin", []), one.run))
        else:
            curve, twin = running.get(one.member.experiment.hash, ([], []))
            racers.append(SweepCurve(one.member, curve, twin, None))
    return SweepProgress(sweep, tuple(racers), parts, *_teacher(sweep, [*finished.values()]))


def _members(sweep: Sweep, store: Any, parts: Sequence[Run]) -> list[SweepMember]:
    """The sweep's members, those that a search races now among them."""
    known = known_members(sweep, store)
    if sweep.search is None:
        return known
    racing = [place.experiment for part in parts for place in places_of(part)]
    there = {member.experiment.hash for member in known}
    names = [*sweep.vary]
    new = [SweepMember(setting_of(e, names), e.init_seed, e) for e in racing if e.hash not in there]
    return [*known, *new]


@lru_cache(maxsize=16)
def _finished_curves(run_ids: tuple[str, ...], manager: Any) -> dict[str, dict[str, Curve]]:
    return manager.store.student_curves(run_ids, "val_error") if run_ids else {}


def _running_curves(parts: Sequence[Run]) -> dict[str, tuple[Curve, Curve]]:
    """The curves of student and twin by experiment, of what trains or was left."""
    found: dict[str, tuple[Curve, Curve]] = {}
    for part in reversed(parts):
        places = places_of(part)
        said = run_curves.curves(part)
        for place in places:
            curve = said.curve(place.role, "val_error").pairs
            if curve:
                found[place.experiment.hash] = (curve, said.curve(place.twin, "val_error").pairs)
    return found


def places_of(part: Run) -> list[CohortEntry]:
    """The experiments that a run of the sweep trains, and what they are called in it."""
    match part.job:
        case SearchSpec():
            said = run_curves.curves(part).of_kind("Entered")
            return [CohortEntry(Experiment.from_json(e["experiment"]), e["role"], e["twin"], 0) for e in said]
        case CohortSpec() as cohort:
            return cohort.entries
        case Experiment() as experiment:
            return [CohortEntry(experiment, STUDENT.name, TWIN.name, 0)]


def _teacher(sweep: Sweep, finished: Sequence[Run]) -> tuple[float | None, float | None, int | None]:
    """The teacher's validation and test error and its parameters, where all members have the same."""
    others = [name for name in sweep.vary if name.startswith("teacher") and name != "teacher_weight"]
    if others or "dataset" in sweep.vary:
        return None, None, None
    for run in finished:
        if tested := run.results.get("teacher"):
            error = tested["val_errors"] / tested["val_images"]
            return error, 1 - tested["test_accuracy"], tested["parameters"]
    card = network_choices.teacher_card(sweep.base.teacher)
    if card is not None and card.validation:
        return card.validation["errors"] / card.validation["images"], None, card.parameters
    return None, None, None


# ---------------------------------------------------------------------------------------------- figures


@dataclass(frozen=True)
class MeasuredSetting:
    """A setting's errors by seed, as shares, for its students and its twins; each with the run that it opens.

    tested: on the test images; else on validation, as they stand now.
    """

    setting: dict[str, Any]
    student: list[float]
    twin: list[float]
    runs: list[str]
    parameters: int | None
    tested: bool


def measured(now: SweepProgress) -> list[MeasuredSetting]:
    """Every setting that something is known of: test errors where all settings are tested, else validation errors."""
    tested = now.over
    return [
        one for group in now.by_setting() if (one := _measured(group, tested, now.sweep.base)) is not None
    ]


def _measured(group: Sequence[SweepCurve], tested: bool, base: Experiment) -> MeasuredSetting | None:
    known = [racer for racer in group if (racer.run if tested else racer.curve)]
    if not known:
        return None
    return MeasuredSetting(
        known[0].member.setting,
        [_error(racer, "student", tested) for racer in known],
        [_error(racer, "twin", tested) for racer in known if tested or racer.twin],
        [racer.run.id if racer.run else "" for racer in known],
        _parameters(known[0]),
        tested,
    )


def _error(racer: SweepCurve, role: str, tested: bool) -> float:
    if tested and racer.run is not None:
        return 1 - float(racer.run.results[role]["test_accuracy"])
    return (racer.curve if role == "student" else racer.twin)[-1][1]


def _parameters(racer: SweepCurve) -> int | None:
    if racer.run is not None:
        return int(racer.run.results["student"]["parameters"])
    facts = network_choices.describe(racer.member.experiment.student, racer.member.experiment)
    return facts.parameters if facts else None
