"""Many experiments in one loop: their students and twins learn side by side, on one teacher's outputs.

Each learns what it would learn alone. In events a student is `student-<n>`, n counted in the cohort's order, and the twin
that it shares with others of its seed `twin-<n>`; `CohortSpec` knows which belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from kdcore.errors import OutOfResources
from kdcore.events import Checkpoint, Commands, Event, Finished
from kdcore.pipelines.arithmetic_choice import Arithmetic, choose_arithmetic
from kdcore.pipelines.checks import CheckedExperiment, check
from kdcore.pipelines.cohort_members import members_of
from kdcore.pipelines.cohort_spec import DIVERGED, CohortEntry, CohortSpec
from kdcore.pipelines.command_channels import DeferredSettings, ForwardedCommands
from kdcore.pipelines.final_evaluation import (
    EvaluatedNetwork,
    evaluate_students,
    evaluate_teacher,
    latency_per_name,
)
from kdcore.pipelines.find_or_train_teacher import ObtainedTeacher, obtain_teacher
from kdcore.pipelines.loading import LoadedData, begin_phase, load_data
from kdcore.pipelines.run_results import PhaseResults, circumstances
from kdcore.pipelines.stacking_choice import choose_stacking
from kdcore.pipelines.students import (
    STUDENTS,
    TrainedStudents,
    networks_by_role,
    open_streams,
    pinned_images,
    train_students,
)
from kdcore.plan import Stage
from kdcore.training.cohort import Cohort
from kdcore.training.loop import Pruner
from kdcore.training.members import Member
from kdcore.training.nan_guard import DivergenceGuard

SNAPSHOTS = 8
"""How often at most the pinned images are evaluated: a cohort has many members."""


@dataclass(frozen=True)
class CheckedCohort:
    """A cohort whose experiments can all run here, each with its resolved names, in the cohort's order."""

    spec: CohortSpec
    experiments: tuple[CheckedExperiment, ...]

    @property
    def first(self) -> CheckedExperiment:
        """Stands for all in what they share: data, teacher, student and recipe."""
        return self.experiments[0]

    @property
    def stages(self) -> list[Stage]:
        """The stages of all students."""
        return [stage for one in self.experiments for stage in one.stages]

    def leaving(self) -> Callable[[str], set[str]]:
        """Names the roles that go on no longer where a network of a role diverges: its student's, or all students of its twin,
        and the twins that have no student any more."""
        gone: set[str] = set()

        def leaves_with(role: str) -> set[str]:
            gone.update(entry.role for entry in self.spec.entries if entry.own_role(role) is not None)
            needed = {entry.twin for entry in self.spec.entries if entry.role not in gone}
            gone.update(entry.twin for entry in self.spec.entries if entry.twin not in needed)
            return set(gone)

        return leaves_with

    def members(self) -> list[Member]:
        """Every twin and every student."""
        pairs = zip(self.spec.entries, self.experiments, strict=True)
        return members_of(self.spec, {entry.role: one.stages for entry, one in pairs})


def run(
    cohort: CohortSpec,
    *,
    data_folder: Path,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None = None,
    pruner: Pruner | None = None,
) -> Iterator[Event]:
    """Train the cohort, or resume it from a checkpoint; the last event is `Finished`.

    Its results hold `members`: for each experiment, in order, what a run of its own would have as its results; None for one
    that `pruner` let leave before the end. One whose loss, or its twin's, became NaN or infinite has DIVERGED alone: the sentence
    that says so; the others go on.

    Raises:
        StillroomError: whatever stops it, in a sentence.
    """
    experiments = tuple(
        check(experiment, data_folder=data_folder, runs_folder=runs_folder)
        for experiment in cohort.experiments
    )
    checked = CheckedCohort(cohort, experiments)
    try:
        yield from _events(checked, data_folder, runs_folder, commands, resume, pruner)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise OutOfResources(
            "There is not enough memory for this sweep. Choose a smaller batch or network, or fewer settings."
        ) from error


def _events(
    cohort: CheckedCohort,
    data_folder: Path,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None,
    pruner: Pruner | None,
) -> Iterator[Event]:
    deferred = DeferredSettings(commands)
    data = yield from load_data(cohort.first, cohort.spec.streams, data_folder, runs_folder)
    asked = any(one.asks_teacher for one in cohort.experiments)
    teacher = yield from obtain_teacher(cohort.first, data, runs_folder, deferred, resume, asked=asked)
    if teacher.stopped:
        yield Finished("stopped", {"seconds": PhaseResults(data, teacher).seconds})
        return
    channel = ForwardedCommands(commands, deferred.held)
    own = resume if resume is not None and resume.phase == STUDENTS else None
    students = yield from _train(cohort, data, teacher, runs_folder, channel, own, pruner)
    phases = PhaseResults(data, teacher, students=students)
    if students.stopped:
        yield Finished("stopped", {"seconds": phases.seconds})
        return
    yield from _test(cohort, phases, students)


def _train(
    checked: CheckedCohort,
    data: LoadedData,
    teacher: ObtainedTeacher,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None,
    pruner: Pruner | None,
) -> Generator[Event, None, TrainedStudents]:
    first, members = checked.first, checked.members()
    names = {name for stage in checked.stages for name in stage.learns.values()}
    arithmetic = choose_arithmetic(first, names, runs_folder, resume, together=checked.stages)
    precision = arithmetic.precision
    opened = yield from open_streams(data, teacher, checked.spec.streams, checked.stages, precision)
    pinned = pinned_images(data, teacher.teacher, first.experiment.omit)
    yield begin_phase(STUDENTS, data.device, arithmetic.threads, precision)
    yield pinned
    stacked = (
        choose_stacking(members, opened.streams, data, arithmetic, runs_folder)
        if resume is None
        else resume.values["together"]
    )
    cohort = _cohort(first, members, data, teacher, stacked, arithmetic)
    training = train_students(
        cohort,
        opened,
        pinned,
        data,
        arithmetic,
        commands,
        resume,
        snapshots=SNAPSHOTS,
        pruner=pruner,
        guard=DivergenceGuard(checked.leaving()),
    )
    return (yield from training)


def _cohort(
    first: CheckedExperiment,
    members: list[Member],
    data: LoadedData,
    teacher: ObtainedTeacher,
    stacked: Mapping[str, bool],
    arithmetic: Arithmetic,
) -> Cohort:
    return Cohort(
        members,
        first.experiment.recipe,
        first.shape,
        first.classes,
        data.device,
        teacher.trained_networks(),
        stacked,
        arithmetic.precision,
        arithmetic.lanes,
    )


def _test(checked: CheckedCohort, phases: PhaseResults, students: TrainedStudents) -> Iterator[Event]:
    """Evaluate every network of the cohort, and end the run with the results of each experiment."""
    first, data, teacher = checked.first, phases.data, phases.teacher.teacher
    yield begin_phase("test", data.device, first.threads(first.student_network))
    measure = latency_per_name()
    results: dict[str, dict[str, Any]] = {}
    if teacher is not None and (found := evaluate_teacher(teacher, data, measure)):
        results["teacher"] = found
    names = networks_by_role(checked.members())
    evaluated = yield from evaluate_students(students, names, first, data, teacher, measure)
    results |= {role: network.results for role, network in evaluated.items()}
    for entry in checked.spec.entries:
        if {entry.role, entry.twin} <= evaluated.keys():
            results[entry.role] = evaluated[entry.role].beside(evaluated[entry.twin])
    methods = [one.experiment.method for one in checked.experiments]
    shared = circumstances(phases, students, methods, results)
    shared |= {"together_with": len(checked.experiments) - 1}
    members: list[dict[str, Any] | None] = []
    for entry in checked.spec.entries:
        if (sentence := students.diverged.get(entry.role)) is not None:
            members.append({DIVERGED: sentence, "val_images": len(data.dataset.validation)})
        else:
            whole = entry.role in results
            members.append(_own_results(entry, results, evaluated) | shared if whole else None)
    yield Finished("finished", {"members": members})


def _own_results(
    entry: CohortEntry, results: Mapping[str, dict[str, Any]], evaluated: Mapping[str, EvaluatedNetwork]
) -> dict[str, Any]:
    """The results of one experiment's networks under the roles that they have in a run of its own."""
    omit = entry.experiment.omit
    return {
        own: found | (evaluated[role].on_omitted(omit) if role in evaluated else {})
        for role, found in results.items()
        if (own := entry.own_role(role)) is not None
    }
