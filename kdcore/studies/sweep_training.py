"""Finding and training the members of a sweep.

Members that can share a loop are trained as one cohort (`kdcore.pipelines.cohort_spec`). A member that was trained before,
in this sweep or elsewhere, is found by its experiment's hash, so that a sweep trains only what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdcore.errors import InvalidExperiment
from kdcore.events import Event
from kdcore.experiment import Experiment
from kdcore.pipelines.cohort_spec import DIVERGED, CohortSpec, group_into_cohorts
from kdcore.pipelines.search_spec import SearchSpec
from kdcore.pipelines.varied_fields import setting_of, with_setting
from kdcore.runs.queue_limits import QueueLimits
from kdcore.runs.run_record import RESUMABLE, Run, Status, digest
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from kdcore.runs.training_job import TrainingJob
from kdcore.studies.sweep import Sweep, SweepMember

OWNER = "sweep"


@dataclass(frozen=True)
class MemberRun:
    """A member of a sweep, and the finished run that trained it, or None."""

    member: SweepMember
    run: Run | None


def member_runs(members: Sequence[SweepMember], store: Store) -> list[MemberRun]:
    """Each member with the run that trained it, in this sweep or elsewhere."""
    finished = store.all_unchanged_finished([member.experiment.hash for member in members])
    return [MemberRun(member, finished.get(member.experiment.hash)) for member in members]


def failed_members(members: Sequence[MemberRun], store: Store) -> list[MemberRun]:
    """The members whose training diverged while others of their loop went on, each with the run that says why.

    They would diverge again: nobody trains them a second time.
    """
    failed = []
    for one in members:
        if one.run is None:
            runs = [run for run in store.runs(hash=one.member.experiment.hash) if DIVERGED in run.results]
            failed += [MemberRun(one.member, run) for run in runs[:1]]
    return failed


def known_members(sweep: Sweep, store: Store) -> list[SweepMember]:
    """The sweep's members; of a Bayesian sweep, those that its search has trained."""
    if sweep.search is None:
        return sweep.members
    trained = {run.hash: run.experiment for run in store.finished_of(sweep.hash) if not run.has_members}
    members = [SweepMember(setting_of(e, [*sweep.vary]), e.init_seed, e) for e in trained.values()]
    return sorted(members, key=lambda member: (json.dumps(member.setting, sort_keys=True), member.seed))


def missing_jobs(sweep: Sweep, store: Store) -> list[TrainingJob]:
    """The jobs that train the missing members: cohorts, and single experiments where they cannot share a loop."""
    from kdcore.pipelines.cohort_members import can_share_loop

    if (search := sweep.search) is not None:
        return [] if any(run.status == "finished" for run in store.runs(hash=search.hash)) else [search]
    members = member_runs(sweep.members, store)
    diverged = {one.member.experiment.hash for one in failed_members(members, store)}
    missing = [
        one.member.experiment
        for one in members
        if one.run is None and one.member.experiment.hash not in diverged
    ]
    cohorts = group_into_cohorts(e for e in missing if can_share_loop(e))
    return [*cohorts, *(e for e in missing if not can_share_loop(e))]


def create_run(
    sweep: Sweep,
    job: TrainingJob,
    store: Store,
    owner: str,
    *,
    status: Status = "queued",
    limits: QueueLimits | None = None,
) -> Run:
    """A new run of one of the sweep's jobs, within limits where there are some."""
    return store.create(
        job, owner, title=run_title(sweep), status=status, sweep=sweep.hash, varied=sweep.vary, limits=limits
    )


def train_missing(
    sweep: Sweep,
    store: Store,
    *,
    data_folder: Path,
    watch: Callable[[Iterable[Event]], Iterable[Event]] = iter,
    around: Callable[[Store, str], AbstractContextManager[Any]] = lambda store, run_id: nullcontext(),
) -> Iterator[Run]:
    """Train the missing members in this process, job by job; yields each run as it ended, also where it did not finish.

    A job that was interrupted resumes from its checkpoint. `around` is entered while a run trains.
    """
    for job in missing_jobs(sweep, store):
        left = [run for run in store.runs(hash=job.hash) if run.sweep and run.status in RESUMABLE]
        run = left[0] if left else create_run(sweep, job, store, OWNER, status="running")
        with around(store, run.id):
            yield train_run(store, run.id, data_folder=data_folder, watch=watch)


def queue_missing(sweep: Sweep, store: Store, owner: str, limits: QueueLimits | None = None) -> int:
    """Queue runs for the missing members; returns how many students will be trained.

    A run that is queued or live already is left as it is, whoever started it; one that this owner left is resumed.

    Raises:
        StillroomError: a setting cannot run, or too many runs wait, in a sentence.
    """
    from kdcore.data import catalogue
    from kdcore.pipelines import checks

    for experiment in experiments_to_check(sweep):
        checks.check(experiment, data_folder=catalogue.data_folder(), runs_folder=store.folder)
    students = 0
    for job in missing_jobs(sweep, store):
        students += _students(job)
        runs = store.runs(hash=job.hash)
        left = [run for run in runs if run.status in RESUMABLE and run.owner == digest(owner)]
        if any(run.live or run.status == "queued" for run in runs):
            continue
        if left:
            store.requeue(left[0].id, limits)
        else:
            create_run(sweep, job, store, owner, limits=limits)
    return students


def _students(job: TrainingJob) -> int:
    match job:
        case Experiment():
            return 1
        case CohortSpec():
            return len(job.experiments)
        case SearchSpec():
            return job.trials * job.seeds


def experiments_to_check(sweep: Sweep) -> list[Experiment]:
    """Experiments that tell whether the sweep can run: its members; of a Bayesian sweep, the base with each value."""
    from kdcore.pipelines.cohort_members import can_share_loop

    experiments = [member.experiment for member in sweep.members]
    if sweep.search is not None:
        experiments = [
            with_setting(sweep.base, {name: v}) for name, values in sweep.vary.items() for v in values
        ]
        if not all(map(can_share_loop, experiments)):
            raise InvalidExperiment(
                "A Bayesian sweep cannot take a method that trains something first. Choose grid or random."
            )
    return [*{experiment.hash: experiment for experiment in experiments}.values()]


def run_title(sweep: Sweep) -> str:
    """The title of the sweep's runs."""
    return f"sweep: {' x '.join(sweep.vary)}"
