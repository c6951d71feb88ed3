"""One experiment from its data to its test results, as events: load, teacher, preparation, students, test."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import torch

from kdcore.errors import OutOfResources
from kdcore.events import Checkpoint, Commands, Event, Finished, Trained, TwinFound
from kdcore.experiment import Experiment
from kdcore.methods.stages import stages_of
from kdcore.pipelines.arithmetic_choice import Arithmetic, choose_arithmetic
from kdcore.pipelines.baseline_twin import STUDENT, TWIN
from kdcore.pipelines.checks import CheckedExperiment, check
from kdcore.pipelines.command_channels import DeferredSettings, ForwardedCommands
from kdcore.pipelines.final_evaluation import (
    evaluate_network,
    evaluate_students,
    evaluate_teacher,
    latency_per_name,
)
from kdcore.pipelines.find_or_train_teacher import ObtainedTeacher, obtain_teacher
from kdcore.pipelines.find_or_train_twin import (
    FindTwin,
    FoundTwin,
    find_twin,
    never_found,
    twin_pictures,
    twin_training_hash,
)
from kdcore.pipelines.loading import LoadedData, begin_phase, load_data
from kdcore.pipelines.preparation import PreparedNetworks, prepare_networks
from kdcore.pipelines.run_results import PhaseResults, circumstances
from kdcore.pipelines.students import (
    STUDENTS,
    TrainedStudents,
    networks_by_role,
    open_streams,
    pinned_images,
    train_students,
)
from kdcore.training.cohort import Cohort
from kdcore.training.members import Member, member


def run(
    experiment: Experiment,
    *,
    data_folder: Path,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None = None,
    find: FindTwin = never_found,
) -> Iterator[Event]:
    """Run the experiment, or resume it from a checkpoint; the last event is `Finished`.

    find: gives the twin where an earlier run trained it.

    Raises:
        StillroomError: whatever stops it, in a sentence.
    """
    checked = check(experiment, data_folder=data_folder, runs_folder=runs_folder)
    try:
        yield from _events(checked, data_folder, runs_folder, commands, resume, find)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise OutOfResources(
            "There is not enough memory for this run. Choose a smaller batch or network, or end what else is running."
        ) from error


def _events(
    checked: CheckedExperiment,
    data_folder: Path,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None,
    find: FindTwin,
) -> Iterator[Event]:
    deferred = DeferredSettings(commands)
    data = yield from load_data(checked, [checked.experiment], data_folder, runs_folder)
    teacher = yield from obtain_teacher(
        checked, data, runs_folder, deferred, resume, asked=checked.asks_teacher
    )
    if teacher.stopped:
        yield Finished("stopped", {"seconds": PhaseResults(data, teacher).seconds})
        return
    prepared = yield from prepare_networks(checked, data, teacher, runs_folder, deferred, resume)
    if prepared.stopped:
        yield Finished("stopped", {"seconds": PhaseResults(data, teacher, prepared).seconds})
        return
    channel = ForwardedCommands(commands, deferred.held)
    own = resume if resume is not None and resume.phase == STUDENTS else None
    students = yield from _train(checked, data, teacher, prepared, runs_folder, channel, own, find)
    yield from _test(checked, PhaseResults(data, teacher, prepared, students), students)


def _train(
    checked: CheckedExperiment,
    data: LoadedData,
    teacher: ObtainedTeacher,
    prepared: PreparedNetworks,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None,
    find: FindTwin,
) -> Generator[Event, None, TrainedStudents]:
    arithmetic = student_arithmetic(checked, runs_folder, resume)
    precision = arithmetic.precision
    opened = yield from open_streams(data, teacher, [checked.experiment], checked.student_stages, precision)
    pinned = pinned_images(data, teacher.teacher, checked.experiment.omit)
    training_hash = twin_training_hash(checked, data, pinned, arithmetic)
    found = find_twin(find, training_hash, resume)
    if found is not None:
        yield Trained(TWIN, checked.student_network, found.weights)
        yield TwinFound(found.run)
    yield begin_phase(STUDENTS, data.device, arithmetic.threads, precision)
    yield pinned
    cohort = _cohort(checked, data, prepared, arithmetic, found)
    chooses = checked.hooks.chosen_on(data.dataset)
    chosen_on = None if chooses is data.dataset.validation else chooses
    students = yield from train_students(
        cohort, opened, pinned, data, arithmetic, commands, resume, chosen_on=chosen_on
    )
    students = replace(students, twin_hash=training_hash)
    if found is None or students.stopped:
        return students  # a twin that learned to its end says nothing of a student that was stopped
    step = round(students.epochs * opened.streams[0].sampler.steps_per_epoch)
    yield from twin_pictures(checked, found, data, cohort, pinned, step)
    return replace(students, twin_run=found.run, weights={TWIN: found.weights, **students.weights})


def student_arithmetic(
    checked: CheckedExperiment, runs_folder: Path, resume: Checkpoint | None
) -> Arithmetic:
    """How twin and student compute."""
    stages = checked.student_stages
    names = {name for stage in stages for name in stage.learns.values()}
    return choose_arithmetic(checked, names, runs_folder, resume, together=stages)


def _cohort(
    checked: CheckedExperiment,
    data: LoadedData,
    prepared: PreparedNetworks,
    arithmetic: Arithmetic,
    found: FoundTwin | None,
) -> Cohort:
    """The student, and its twin where none was found."""
    members = [one for one in twin_and_student(checked) if found is None or one.role != TWIN]
    recipe, shape, classes = checked.experiment.recipe, checked.shape, checked.classes
    return Cohort(
        members,
        recipe,
        shape,
        classes,
        data.device,
        prepared.networks,
        precision=arithmetic.precision,
        lanes=arithmetic.lanes,
    )


def twin_and_student(checked: CheckedExperiment) -> list[Member]:
    """The twin and the distilled student: same first weights, same batches, same recipe."""
    experiment, recipe, seed = checked.experiment, checked.experiment.recipe, checked.experiment.init_seed
    scratch = experiment.with_flat(
        method="labels-only", parameters={}, corrected_labels=1.0, student=checked.student_network
    )
    return [
        member("twin", scratch, checked.hooks.twin_stages(stages_of(scratch)), recipe, seed),
        member("student", experiment, checked.student_stages, recipe, seed),
    ]


def _test(checked: CheckedExperiment, phases: PhaseResults, students: TrainedStudents) -> Iterator[Event]:
    """Evaluate every network of the run, those of earlier stages too, and end the run."""
    data, teacher = phases.data, phases.teacher.teacher
    yield begin_phase("test", data.device, checked.threads(checked.student_network))
    results, measure = {}, latency_per_name()
    if teacher is not None and (found := evaluate_teacher(teacher, data, measure)):
        results["teacher"] = found
    names = networks_by_role(twin_and_student(checked))
    evaluated = yield from evaluate_students(students, names, checked, data, teacher, measure)
    results |= {role: network.results for role, network in evaluated.items()}
    if {TWIN, STUDENT} <= evaluated.keys():
        results[STUDENT] = evaluated[STUDENT].beside(evaluated[TWIN])
    for role, tested in evaluated.items():
        results[role] |= tested.on_omitted(checked.experiment.omit)
    for role, network in students.earlier.items():
        results[role] = evaluate_network(
            network.architecture, network.weights, role, checked, data, teacher, measure
        ).results
    results |= circumstances(phases, students, [checked.experiment.method], results)
    yield Finished("stopped" if students.stopped else "finished", results)
