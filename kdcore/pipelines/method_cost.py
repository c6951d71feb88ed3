"""What a method's own loss costs: how many times as long its steps take as its networks by themselves."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import torch

from kdcore import networks
from kdcore.data.datasets import Split
from kdcore.data.transfer_set import whole
from kdcore.errors import NetworkRefused
from kdcore.experiment import Experiment
from kdcore.methods.registry import method
from kdcore.pipelines.checks import check_features, stages_for
from kdcore.pipelines.time_estimate import LOOP_SECONDS, NetworkCost, family_of, student_of
from kdcore.plan import Stage
from kdcore.system.threads import on_threads
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream
from kdcore.training.members import TrainedNetwork, member
from kdcore.training.teacher_outputs import TeacherOutputs

SHAPE, CLASSES, BATCH = (1, 28, 28), 10, 64
NETWORKS = {"linear": ("mlp-30x2", "mlp-300x2"), "convolution": ("cnn-tiny", "cnn-small")}
"""Student and teacher on which a method is measured, by the kind of its student's layers."""
BASELINE = "labels-only"
WARM_UP, STEPS = 2, 10


def measure(name: str, family: str, speed: Mapping[str, float]) -> float:
    """How many times as long the method's steps take as training its networks on labels does; 1 where it refuses such.

    Also where it brings a student of the other kind: the cost is then kept under that kind.
    Takes a fraction of a second on one thread.
    """
    try:
        if family_of(student_of(_stages(name, family))) != family:
            return 1.0
        return _over_reckoned(name, family, speed) / _over_reckoned(BASELINE, family, speed)
    except NetworkRefused:
        return 1.0


def _experiment(name: str, family: str) -> Experiment:
    student, teacher = NETWORKS[family]
    return Experiment.from_flat(
        {"method": name, "student": student, "teacher": teacher, "batch_size": BATCH, "epochs": 1}
    )


def _stages(name: str, family: str) -> list[Stage]:
    """Of the method for these networks.

    Raises:
        NetworkRefused: it cannot do with them.
    """
    experiment = _experiment(name, family)
    stages = stages_for(experiment, experiment.teacher, SHAPE, CLASSES)
    check_features(stages, method(name).CARD.title, experiment.teacher, SHAPE, CLASSES)
    return stages


def _over_reckoned(name: str, family: str, speed: Mapping[str, float]) -> float:
    """How many times as long the method's steps take as `time_estimate` reckons of its networks."""
    experiment = _experiment(name, family)
    stages = _stages(name, family)
    cost = NetworkCost(speed, SHAPE, CLASSES)
    during = [i for i, stage in enumerate(stages) if not stage.before]
    reckoned = sum(stages[i].share * cost.stage(stages[i], stages, experiment.recipe, BATCH) for i in during)
    with on_threads(1):
        measured = _seconds_per_step(experiment, stages)
    taken = sum(stages[i].share * (s + LOOP_SECONDS) for i, s in zip(during, measured, strict=True))
    return taken / reckoned


def _seconds_per_step(experiment: Experiment, stages: Sequence[Stage]) -> list[float]:
    """Of the student's training in each stage that runs while it learns."""
    trained = {"teacher": experiment.teacher} | {n: a for s in stages for n, a in s.learns.items()}
    built = {n: networks.build(a, SHAPE, CLASSES, seed=1) for n, a in trained.items()}
    at_hand = {n: TrainedNetwork(trained[n], built[n].state_dict()) for n in trained if n != "student"}
    during = [stage for stage in stages if not stage.before]
    stream = _stream(experiment, built["teacher"], during)
    students = [member("student", experiment, during, experiment.recipe, 0)]
    cohort = Cohort(students, experiment.recipe, SHAPE, CLASSES, "cpu", at_hand)
    return [_stage_seconds(cohort, stream, stage) for stage in range(len(during))]


def _stream(experiment: Experiment, teacher: torch.nn.Module, stages: Sequence[Stage]) -> DataStream:
    """Two batches of noise."""
    noise = torch.Generator().manual_seed(0)
    images = torch.randn(2 * BATCH, *SHAPE, generator=noise)
    split = Split(images, torch.arange(len(images)) % CLASSES)
    sampler = BatchSampler(whole(split), experiment.recipe, 0, torch.zeros(SHAPE[0]))
    points = sorted({point for stage in stages for point in stage.taps.get("teacher", ())})
    placed = networks.placed(teacher, experiment.teacher, "cpu")
    return DataStream(sampler, TeacherOutputs(placed, sampler, "cpu", points))


def _stage_seconds(cohort: Cohort, stream: DataStream, stage: int) -> float:
    """The fastest of a few steps."""
    cohort.enter([stage])
    cohort.prepare([stream], [0])
    seconds = []
    for step in range(WARM_UP + STEPS):
        began = time.process_time()  # of one thread: what else the machine does matters little
        cohort.step([stream.batch(step)], 1e-4, 0.5)
        seconds.append(time.process_time() - began)
    return min(seconds[WARM_UP:])
