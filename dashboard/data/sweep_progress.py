"""How far a sweep is: its members with their curves and runs, read from the store and shared by all viewers."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from dashboard.data import run_curves, run_manager, trained_teachers
from dashboard.text.roles import STUDENT, TWIN
from dashboard.text.translation import _, listing
from kdcore.experiment import Experiment
from kdcore.experiment_fields import field_label
from kdcore.pipelines.baseline_twin import is_distillation_field
from kdcore.pipelines.cohort_spec import DIVERGED, CohortEntry, CohortSpec
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.pipelines.varied_fields import setting_of
from kdcore.runs.run_record import Run
from kdcore.studies.sweep import Sweep, SweepMember
from kdcore.studies.sweep_findings import field_value
from kdcore.studies.sweep_training import MemberRun, known_members, member_runs

SHARED_SECONDS = 0.5
"""Viewers share what was read within this time."""
EXACT = 12
"""Decimals to which means of shares are compared: beyond them they differ by rounding alone."""
ErrorCurve = list[tuple[float, float]]


@dataclass(frozen=True)
class MemberProgress:
    """How far one member of a sweep is.

    Attributes:
        spec: its setting, seed and experiment.
        curve: its validation errors so far, (epoch, share).
        twin_curve: its twin's.
        run: its run, once it has ended.
    """

    spec: SweepMember
    curve: ErrorCurve
    twin_curve: ErrorCurve
    run: Run | None

    @property
    def newest_error(self) -> float | None:
        """Its newest validation error, a share."""
        return self.curve[-1][1] if self.curve else None

    @property
    def label(self) -> str:
        """Its name on hover."""
        return f"{setting_label(self.spec.setting)} · {_('seed')} {self.spec.seed}"

    @property
    def twin_label(self) -> str:
        """Its twin's name on hover, the same for all members that share it."""
        own = {name: v for name, v in self.spec.setting.items() if not is_distillation_field(name)}
        words = [TWIN.label, *([setting_label(own)] if own else []), f"{_('seed')} {self.spec.seed}"]
        return " · ".join(words)


@dataclass(frozen=True)
class SweepProgress:
    """How far a sweep is.

    Attributes:
        sweep: what was asked for.
        members: every member, trained or not.
        unfinished: its runs that have not finished, the newest first.
        teacher: the teacher's validation error, a share; None where members have different teachers.
        teacher_test: its test error, a share; None where it was not measured.
        teacher_size: the number of its parameters.
    """

    sweep: Sweep
    members: tuple[MemberProgress, ...]
    unfinished: tuple[Run, ...]
    teacher: float | None
    teacher_test: float | None
    teacher_size: int | None

    @property
    def finished(self) -> int:
        """How many members are trained and tested."""
        return sum(member.run is not None for member in self.members)

    @property
    def complete(self) -> bool:
        """Whether every member is tested, but for those that failed alone; a search is complete when its run has finished."""
        settled = self.finished + len(self.failed) == len(self.members)
        return self.finished > 0 and settled and not (self.sweep.search and self.unfinished)

    @property
    def failed(self) -> list[MemberRun]:
        """The members whose training diverged, each with its run, which says why; none while something trains."""
        if self.live:
            return []
        runs = {run.hash: run for run in reversed(self.unfinished) if DIVERGED in run.results}
        lacking = [member.spec for member in self.members if member.run is None]
        return [
            MemberRun(spec, runs[spec.experiment.hash]) for spec in lacking if spec.experiment.hash in runs
        ]

    @property
    def pruned(self) -> int:
        """How many settings a complete search drew and did not train to their end."""
        if self.sweep.search is None or not self.complete:
            return 0
        return max(0, self.sweep.trials - len(self.by_setting()))

    @property
    def started(self) -> int:
        """How many settings have something to draw."""
        return sum(any(member.curve for member in group) for group in self.by_setting())

    @property
    def missing(self) -> int:
        """How many settings have nothing to draw yet; a complete search misses none, it pruned the others."""
        unpruned = self.sweep.search is not None and not self.complete
        settings = self.sweep.trials if unpruned else len(self.by_setting())
        return max(0, settings - self.started)

    @property
    def live(self) -> bool:
        """Whether a run of it trains or waits."""
        return any(run.live or run.status == "queued" for run in self.unfinished)

    def with_common_seeds(self) -> SweepProgress:
        """While nothing trains, the part of it with the seeds that all settings have; itself where there is no such part."""
        missing = [member.spec.seed for member in self.members if member.run is None]
        seeds = min(missing, default=self.sweep.seeds)
        if self.live or self.sweep.search or not 0 < seeds < self.sweep.seeds:
            return self
        return replace(self, members=tuple(member for member in self.members if member.spec.seed < seeds))

    @property
    def found_members(self) -> list[MemberRun]:
        """The members with their runs, as the findings take them."""
        return [MemberRun(member.spec, member.run) for member in self.members]

    def by_setting(self) -> list[list[MemberProgress]]:
        """The members of each setting, in the sweep's order."""
        groups: dict[str, list[MemberProgress]] = {}
        for member in self.members:
            groups.setdefault(setting_label(member.spec.setting), []).append(member)
        return list(groups.values())

    def ranked(self) -> list[tuple[float, list[MemberProgress]]]:
        """The started settings with the mean of their newest validation errors (a share), best first; ties keep the sweep's order."""
        scores = [
            (round(statistics.fmean(errors), EXACT), group)
            for group in self.by_setting()
            if (errors := [member.newest_error for member in group if member.newest_error is not None])
        ]
        return sorted(scores, key=lambda score: score[0])

    @property
    def best(self) -> str | None:
        """The label of the setting with the lowest mean validation error now; None before anything is known."""
        ranked = self.ranked()
        return setting_label(ranked[0][1][0].spec.setting) if ranked else None


def setting_label(setting: Mapping[str, Any]) -> str:
    """A setting in words: T = 4, weight on teacher = 0.9."""
    return listing(f"{field_label(name, _)} = {field_value(value, _)}" for name, value in setting.items())


def progress_of(sweep: Sweep) -> SweepProgress:
    """How far the sweep is, at most half a second old; read once for all viewers."""
    # Not as canonical JSON: that would lose the order of the fields, which is that of the axes.
    return _progress_of(
        sweep.model_dump_json(), int(time.monotonic() / SHARED_SECONDS), run_manager.manager()
    )


def forget_progress() -> None:
    """Read anew: something was started, stopped or resumed from here."""
    _progress_of.cache_clear()


@lru_cache(maxsize=16)
def _progress_of(sweep_json: str, moment: int, manager: Any) -> SweepProgress:
    sweep = Sweep.from_json(sweep_json)
    store = manager.store
    unfinished = tuple(store.unfinished_of(sweep.hash))
    members = member_runs(_members(sweep, store, unfinished), store)
    finished = {member.run.id: member.run for member in members if member.run is not None}
    finished_curves = _finished_curves(tuple(sorted(finished)), manager)
    running_curves = _running_curves(unfinished)

    def progress(member: MemberRun) -> MemberProgress:
        if member.run is not None:
            curves = finished_curves.get(member.run.id, {})
            curve, twin_curve = curves.get("student", []), curves.get("twin", [])
        else:
            curve, twin_curve = running_curves.get(member.member.experiment.hash, ([], []))
        return MemberProgress(member.member, curve, twin_curve, member.run)

    teacher = _teacher_errors(sweep, [*finished.values()])
    return SweepProgress(sweep, tuple(map(progress, members)), unfinished, *teacher)


def _members(sweep: Sweep, store: Any, unfinished: Sequence[Run]) -> list[SweepMember]:
    """The sweep's members, with those that a search trains now."""
    known = known_members(sweep, store)
    if sweep.search is None:
        return known
    known_hashes = {member.experiment.hash for member in known}
    training = [entry.experiment for run in unfinished for entry in entries_of(run)]
    names = [*sweep.vary]
    new = [SweepMember(setting_of(e, names), e.init_seed, e) for e in training if e.hash not in known_hashes]
    return [*known, *new]


@lru_cache(maxsize=16)
def _finished_curves(run_ids: tuple[str, ...], manager: Any) -> dict[str, dict[str, ErrorCurve]]:
    return manager.store.student_curves(run_ids, "val_error") if run_ids else {}


def _running_curves(unfinished: Sequence[Run]) -> dict[str, tuple[ErrorCurve, ErrorCurve]]:
    """The curves of student and twin by their experiment's hash, of runs that train or were left."""
    by_hash: dict[str, tuple[ErrorCurve, ErrorCurve]] = {}
    for run in reversed(unfinished):
        curves = run_curves.curves(run)
        for entry in entries_of(run):
            curve = curves.curve(entry.role, "val_error").pairs
            if curve:
                by_hash[entry.experiment.hash] = (curve, curves.curve(entry.twin, "val_error").pairs)
    return by_hash


def entries_of(run: Run) -> list[CohortEntry]:
    """The experiments that a run of the sweep trains, with the roles of student and twin in it."""
    match run.job:
        case SearchSpec():
            entered = run_curves.curves(run).of_kind("Entered")
            return [
                CohortEntry(Experiment.from_json(e["experiment"]), e["role"], e["twin"], 0) for e in entered
            ]
        case CohortSpec() as cohort:
            return cohort.entries
        case Experiment() as experiment:
            return [CohortEntry(experiment, STUDENT.name, TWIN.name, 0)]


def _teacher_errors(sweep: Sweep, finished: Sequence[Run]) -> tuple[float | None, float | None, int | None]:
    """The teacher's validation and test error and its parameters, where all members have the same."""
    others = [name for name in sweep.vary if name.startswith("teacher") and name != "teacher_weight"]
    if others or "dataset" in sweep.vary:
        return None, None, None
    for run in finished:
        if tested := run.results.get("teacher"):
            error = tested["val_errors"] / tested["val_images"]
            return error, 1 - tested["test_accuracy"], tested["parameters"]
    card = trained_teachers.teacher_card(sweep.base.teacher)
    if card is not None and card.validation:
        return card.validation["errors"] / card.validation["images"], None, card.parameters
    return None, None, None
