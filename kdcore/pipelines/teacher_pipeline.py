"""A teacher alone: train it, test it and save it under a name."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from kdcore import teachers
from kdcore.events import Checkpoint, Event, NoCommands
from kdcore.experiment import Experiment
from kdcore.pipelines.arithmetic_choice import choose_arithmetic
from kdcore.pipelines.checks import CheckedExperiment, check
from kdcore.pipelines.find_or_train_teacher import TEACHER, errors_on, new_card, train_teacher
from kdcore.pipelines.loading import begin_phase, load_data
from kdcore.pipelines.trained_networks import build_trained
from kdcore.training.members import State

CardAndWeights = tuple[teachers.TeacherCard, State]


def teach(
    experiment: Experiment,
    name: str,
    folder: Path,
    *,
    data_folder: Path,
    runs_folder: Path,
    watch: Callable[[Iterable[Event]], Iterable[Event]] = iter,
    half: bool = False,
    command: str = "",
    resume: Checkpoint | None = None,
) -> teachers.TeacherCard:
    """Train the experiment's teacher and save it in `folder` under `name`; `watch` passes on every event.

    `resume` takes a checkpoint from among these events. With `half` the weights are rounded to half precision before they
    are tested, so that the card's errors are those of what is stored.

    Raises:
        StillroomError: whatever stops it, in a sentence.
    """
    checked = check(experiment, data_folder=data_folder, runs_folder=runs_folder)
    trained: list[CardAndWeights] = []

    def events() -> Iterator[Event]:
        folders = data_folder, runs_folder
        trained.append((yield from _train_and_test(checked, name, *folders, half, resume)))

    for _ in watch(events()):
        pass
    card, weights = trained[0]
    return teachers.save(replace(card, command=command), weights, folder)


def _train_and_test(
    checked: CheckedExperiment,
    name: str,
    data_folder: Path,
    runs_folder: Path,
    half: bool,
    resume: Checkpoint | None,
) -> Generator[Event, None, CardAndWeights]:
    """Train the teacher anew, or resume, whatever is stored; returns its card and its weights."""
    data = yield from load_data(checked, [checked.experiment], data_folder, runs_folder)
    network = checked.experiment.teacher
    arithmetic = choose_arithmetic(checked, [network], runs_folder, resume)
    precision = arithmetic.precision
    yield begin_phase(TEACHER, data.device, arithmetic.threads, precision)
    weights = (yield from train_teacher(checked, data, NoCommands(), resume, precision)).weights
    if half:
        weights = {n: t.half() if t.is_floating_point() else t for n, t in weights.items()}
    module = build_trained(network, weights, name, data)
    validation, test = (errors_on(module, split) for split in (data.dataset.validation, data.dataset.test))
    return new_card(checked, data, name, precision, validation, test), weights
