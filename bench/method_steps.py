"""What a step of a method costs against its floor.

The floor is the student forward and backward, and the teacher forward where its outputs on the transfer set are not computed once.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch.nn import functional as F

from kdcore import networks
from kdcore.data import datasets, transfer_set
from kdcore.experiment import Experiment
from kdcore.methods.registry import cards
from kdcore.methods.stages import stages_of
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream
from kdcore.training.members import TrainedNetwork, member
from kdcore.training.teacher_outputs import TeacherOutputs

CNN = Experiment.from_flat(
    {
        "dataset": "mnist",
        "count": 5000,
        "teacher": "cnn-medium",
        "student": "cnn-small",
        "batch_size": 64,
        "epochs": 10,
    }
)
RELATIONS: dict[str, tuple[str, dict[str, float], str]] = {
    "similarity preserving": ("similarity-preserving", {}, "<= 1.3"),
    "correlation congruence": ("correlation-congruence", {}, "<= 1.3"),
    "relational, distances": ("relational", {"angle_weight": 0.0}, "<= 1.3"),
    "relational, angles in Gram form": ("relational", {"distance_weight": 0.0}, "<= 5"),
}
ROUNDS, STEPS = 15, 4


def against_floor(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """The median over rounds of a method's step over its floor's, both measured in every round."""
    torch.set_num_threads(1)
    dataset = datasets.load("mnist" if (data_folder / "MNIST").is_dir() else "digits", folder=data_folder)
    base = CNN if dataset.name == "mnist" else CNN.with_flat(dataset="digits", count=None)
    responses = [card.name for card in cards() if card.transfers == "responses"]
    for name in responses:
        yield f"a step of {name}", _ratio(base, dataset, name, {}), "<= 1.3"
    for title, (name, parameters, bound) in RELATIONS.items():
        yield f"a step of {title}", _ratio(base, dataset, name, parameters), bound


def _ratio(base: Experiment, dataset: datasets.Dataset, name: str, parameters: dict[str, float]) -> float:
    step, floor = _steps(base.with_flat(method=name, parameters=parameters), dataset)
    _seconds(step), _seconds(floor)
    return statistics.median(_seconds(step) / _seconds(floor) for _ in range(ROUNDS))


def _seconds(run: Callable[[], None]) -> float:
    began = time.perf_counter()
    for _ in range(STEPS):
        run()
    return time.perf_counter() - began


def _steps(
    experiment: Experiment, dataset: datasets.Dataset
) -> tuple[Callable[[], None], Callable[[], None]]:
    """One step of the method's student alone, and its floor, on the same batch."""
    teacher = networks.placed(
        networks.build(experiment.teacher, dataset.shape, 10, seed=1), experiment.teacher, "cpu"
    )
    student = networks.placed(
        networks.build(experiment.student, dataset.shape, 10, seed=0), experiment.student, "cpu"
    )
    stages = stages_of(experiment)
    points = sorted({point for stage in stages for point in stage.taps.get("teacher", ())})
    sampler = BatchSampler(
        transfer_set.transfer_set(dataset.train, experiment), experiment.recipe, 0, dataset.black
    )
    outputs = TeacherOutputs(teacher, sampler, "cpu", points)
    stream = DataStream(sampler, outputs)
    cohort = Cohort(
        [member("student", experiment, stages, experiment.recipe, 0)],
        experiment.recipe,
        dataset.shape,
        10,
        "cpu",
        {"teacher": TrainedNetwork(experiment.teacher, teacher.state_dict())},
    )
    cohort.enter([0])
    cohort.prepare([stream], [0])
    batch = sampler.batch(0)

    def step() -> None:
        cohort.step([stream.batch(0)], 1e-4, 0.0)

    def floor() -> None:
        if not outputs.computed_once:
            with torch.no_grad():
                teacher(batch.images)
        F.cross_entropy(student(batch.images), batch.labels.index).backward()
        student.zero_grad()

    return step, floor
