"""Estimate how long an experiment takes on this machine: a few seconds of measuring, then arithmetic.

A step costs a fixed time (the loop around small operations) and a time that grows with the multiply-adds. Both are
measured once per machine (`measure`); `seconds` adds them up over the networks that a method's stages train or evaluate,
and multiplies by how many times as long a run with this method took, where one has ended (`method_cost`).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch.nn import functional as F

from kdcore import networks
from kdcore.data.catalogue import validation_count
from kdcore.experiment import Experiment, teacher_sees_views
from kdcore.installation import assets_folder
from kdcore.metrics.evaluation import evaluate
from kdcore.metrics.latency import MOST_TIMED
from kdcore.plan import Stage
from kdcore.recipe import Recipe
from kdcore.system.precision import PRECISIONS, Precision, autocast
from kdcore.system.threads import thread_count
from kdcore.training.loop_schedule import SNAPSHOTS, LoopSchedule, loop_schedule

Shape = tuple[int, int, int]

TEST_IMAGES = {"digits": 360, "shapes": 5_000, "svhn": 26_032}
"""Images of the test split, where there are not 10,000."""

START_SECONDS = 0.3
"""Until a process has taken up a run."""

READ_SECONDS = 5e-9
"""For each byte of a data set's images (measured on two cores: MNIST 0.27, CIFAR-10 0.9 s)."""

SHIPPED_COSTS = assets_folder() / "method_costs.json"
"""What `method_cost` observed on another machine, by `cost_key` of method and kind of network."""

BFLOAT16 = ".bfloat16"
"""Ends the name of a speed in bfloat16."""

FORWARD = ".forward"
"""Ends the name of a speed without gradients."""

LARGE = ".large"
"""Ends the name of a speed of large networks."""

ONE_THREAD = ".one_thread"
"""Ends the name of a speed without gradients on one thread, as latencies are measured."""

MEASURED = (
    ("linear", "mlp-300", "mlp-1200x2"),
    ("convolution", "cnn-small", "cnn-medium"),
)
"""A kind of network, and two whose training is measured: a large CNN does nearly twice as many multiply-adds a second as a small one.

The forward pass is measured of the larger: teachers are larger than students.
"""

LOOP_SECONDS = 0.3e-3
"""Added per step by the loop around a small network: loss terms, reports, optimiser."""

TIMED_IMAGES = 13 * 128
"""The fewest images that go through a network while its latency is measured."""

GRADIENT_STEPS = 2
"""Steps that one measurement of the gradients takes as long as."""

ENOUGH_SECONDS = 0.15
"""Of measuring one network in one way: a worker takes up no run meanwhile."""

BATCH = 64

MNIST = (1, 28, 28)

FORWARD_AND_BACKWARD = 3
"""The cost of a training step in forward passes: one, and two more for the gradients of inputs and weights."""


def measure() -> dict[str, float]:
    """Time bare steps: `step`, seconds per step of a small perceptron; `linear` and `convolution`, multiply-adds per second.

    Both of a small and of a large network, also in bfloat16, and of forward passes alone, on all threads and on one. Takes a few
    seconds; call it while nothing trains.
    """
    speed = {"step": _step_seconds("mlp-10", (1, 8, 8), threads=1)}
    for family, small, large in MEASURED:
        for size, network in (("", small), (LARGE, large)):
            in_float32, in_bfloat16 = (_training_speed(network, p, speed["step"]) for p in PRECISIONS)
            speed[f"{family}{size}"] = in_float32
            speed[f"{family}{size}{BFLOAT16}"] = in_bfloat16
        speed[f"{family}{FORWARD}"] = _forward_speed(large, thread_count(0, _macs(large)))
        speed[f"{family}{ONE_THREAD}"] = _forward_speed(large, 1)
    torch.set_num_threads(1)
    return speed


def seconds(
    experiment: Experiment,
    speed: Mapping[str, float],
    *,
    stages: Sequence[Stage],
    shape: Shape,
    classes: int,
    images: int,
    teacher_network: str,
    teacher_is_trained: bool,
    answers_are_kept: bool = False,
    costs: Mapping[str, float] | None = None,
) -> float:
    """About how many seconds the experiment takes on a machine of this speed.

    Args:
        experiment: what is to be run.
        speed: what `measure` returned.
        stages: of its method, for these networks; shape: channels, height and width of an image.
        classes, images: how many there are, validation images apart.
        teacher_network: the network behind the teacher's name.
        teacher_is_trained: whether the teacher need not be trained first.
        answers_are_kept: whether an earlier run asked this teacher about these images.
        costs: what `method_cost` observed on this machine, by `cost_key`; else it is taken from another's.

    Raises:
        NetworkRefused: a network that cannot take these images.
    """
    cost = NetworkCost(speed, shape, classes, experiment.precision)
    validation, student = validation_count(images), experiment.student
    trained_on, transfer, judged = _images(experiment, images, validation)
    answers = _answers(experiment, stages, transfer, judged, answers_are_kept)
    total = START_SECONDS + reading_seconds(experiment, shape, images)
    total += preparation_seconds(experiment, cost, stages, transfer, validation)
    total += cost.training(teacher_network, experiment.teacher_recipe, trained_on) * (not teacher_is_trained)
    own_loss = method_cost_of(experiment.method, student_of(stages), costs or {})
    total += students_seconds(experiment, cost, stages, transfer, validation).with_loss(own_loss)
    total += cost.forward(teacher_network, answers) + 2 * cost.forward(student, judged)
    return total + cost.timed(teacher_network, MOST_TIMED) + cost.timed(student)


def reading_seconds(experiment: Experiment, shape: Shape, images: int) -> float:
    """For reading and normalising a dataset's images."""
    trained_on, _, judged = _images(experiment, images, validation_count(images))
    return READ_SECONDS * math.prod(shape) * (trained_on + judged)


def _images(experiment: Experiment, images: int, validation: int) -> tuple[int, int, int]:
    """How many images are trained on at most, how many the students learn from, and how many networks are judged on."""
    trained_on = images + validation * experiment.train_on_validation
    transfer = experiment.count or round(trained_on * experiment.fraction)
    return trained_on, transfer, validation + TEST_IMAGES.get(experiment.dataset, 10_000)


def _answers(experiment: Experiment, stages: Sequence[Stage], transfer: int, judged: int, kept: bool) -> int:
    """How many images the teacher answers for: those to learn from, in all their views, and those that it is judged on.

    Views of an epoch are new in every run; other answers may be `kept`.
    """
    asked = transfer if any("teacher" in stage.frozen for stage in stages) else 0
    if teacher_sees_views(experiment):
        return asked * experiment.recipe.epochs + (0 if kept else judged)
    return 0 if kept else asked * (2 * experiment.logit_shift + 1) ** 2 + judged


def preparation_seconds(
    experiment: Experiment, cost: NetworkCost, stages: Sequence[Stage], transfer: int, validation: int
) -> float:
    """The networks that the method trains before twin and student begin, with their validations."""
    before = [stage for stage in stages if stage.before]
    if not before:
        return 0.0
    epochs = max(1, round(experiment.recipe.epochs * sum(stage.share for stage in before)))
    recipe = experiment.recipe.model_copy(update={"epochs": epochs})
    schedule = _schedule(recipe, transfer, validation)
    steps = cost.steps(before, stages, recipe, transfer) * _with_gradients(schedule)
    return steps + cost.looks(before, (len(schedule.validations) + 1) * validation)


@dataclass(frozen=True)
class StudentsSeconds:
    """What the twin takes and all that the method trains beside it: their steps, and their validations."""

    steps: float
    validations: float

    def with_loss(self, times: float) -> float:
        """Together, where the method's own loss makes each step so many times as long."""
        return times * self.steps + self.validations


def students_seconds(
    experiment: Experiment, cost: NetworkCost, stages: Sequence[Stage], transfer: int, validation: int
) -> StudentsSeconds:
    """As reckoned of their networks alone; a method's own loss makes the steps longer."""
    recipe, student = experiment.recipe, student_of(stages)
    during = [stage for stage in stages if not stage.before]
    schedule = _schedule(recipe, transfer, validation)
    validated = (len(schedule.validations) + 1) * validation
    steps = cost.training(student, recipe, transfer) + cost.steps(during, stages, recipe, transfer)
    return StudentsSeconds(
        steps * _with_gradients(schedule), cost.forward(student, validated) + cost.looks(during, validated)
    )


def _schedule(recipe: Recipe, transfer: int, validation: int) -> LoopSchedule:
    return loop_schedule(recipe.epochs, -(-transfer // recipe.batch_size), transfer, validation, SNAPSHOTS)


def _with_gradients(schedule: LoopSchedule) -> float:
    """How many times as long steps take with the measurements of gradients among them."""
    return 1 + GRADIENT_STEPS / schedule.gradients_every


def method_cost_of(method: str, student: str, observed: Mapping[str, float]) -> float:
    """How many times as long a method's steps take as those of its networks: as observed of this student here, else as shipped of its kind."""
    shipped = _shipped_costs().get(cost_key(method, family_of(student)), 1.0)
    return observed.get(cost_key(method, student), shipped)


@cache
def _shipped_costs() -> dict[str, float]:
    return dict(json.loads(SHIPPED_COSTS.read_text(encoding="utf-8"))) if SHIPPED_COSTS.is_file() else {}


def family_of(network: str) -> str:
    """The kind of most of a network's layers: `linear` or `convolution`."""
    return "linear" if networks.memory_format(network) is torch.contiguous_format else "convolution"


def student_of(stages: Sequence[Stage]) -> str:
    """The network of the student: a method may bring one of its own."""
    return next(stage.learns["student"] for stage in reversed(stages) if "student" in stage.learns)


def cost_key(method: str, network: str) -> str:
    """Under which name it is kept what a method costs with this student, or with students of this kind."""
    return f"{method}/{network}"


class NetworkCost:
    """Seconds of forward passes and of training on a machine of this speed, a method's own loss left out."""

    def __init__(
        self, speed: Mapping[str, float], shape: Shape, classes: int, precision: str = "float32"
    ) -> None:
        """`precision`: as in an experiment."""
        self.speed, self.shape, self.classes, self.precision = speed, shape, classes, precision

    def forward(self, network: str, images: int) -> float:
        """Of so many images, in float32."""
        family = family_of(network)
        return self._products(network, images, self.speed.get(f"{family}{FORWARD}", self.speed[family]))

    def timed(self, network: str, most: float = math.inf) -> float:
        """The measurement of its latency; nothing where it has `most` multiply-adds or more."""
        family, macs = family_of(network), networks.describe(network, self.shape, self.classes).macs
        rate = self.speed.get(f"{family}{ONE_THREAD}", self.speed[family])
        return self._products(network, TIMED_IMAGES, rate) if macs < most else 0.0

    def training(self, network: str, recipe: Recipe, images: int) -> float:
        """All epochs over so many images, on their labels."""
        steps = -(-images // recipe.batch_size) * recipe.epochs
        fixed = steps * (LOOP_SECONDS + self.speed["step"])
        rate = self._training_rate(network)
        return fixed + FORWARD_AND_BACKWARD * self._products(network, images * recipe.epochs, rate)

    def _products(self, network: str, images: int, rate: float) -> float:
        return images * networks.describe(network, self.shape, self.classes).macs / rate

    def _training_rate(self, network: str) -> float:
        """Multiply-adds per second in the precision that the run will take."""
        family, macs = family_of(network), networks.describe(network, self.shape, self.classes).macs
        large = f"{family}{LARGE}"
        kind = large if large in self.speed and macs > _between(family) else family
        float32 = self.speed[kind]
        bfloat16 = self.speed.get(f"{kind}{BFLOAT16}", float32)
        return {"float32": float32, "bfloat16": bfloat16}.get(self.precision, max(float32, bfloat16))

    def steps(self, part: Sequence[Stage], stages: Sequence[Stage], recipe: Recipe, images: int) -> float:
        """The steps of some of the stages, which share the recipe's epochs."""
        whole = sum(stage.share for stage in part)
        return sum(s.share / whole * self.stage(s, stages, recipe, images) for s in part)

    def looks(self, part: Sequence[Stage], images: int) -> float:
        """One forward pass of so many images through every network that these stages train, as long as each lasts."""
        whole = sum(stage.share for stage in part)
        return sum(s.share / whole * self.forward(n, images) for s in part for n in s.learns.values())

    def stage(self, stage: Stage, stages: Sequence[Stage], recipe: Recipe, images: int) -> float:
        """All of the recipe's epochs of one stage: its learning networks, and those of other stages that it evaluates."""
        trained = {name: network for each in stages for name, network in each.learns.items()}
        learning = sum(self.training(network, recipe, images) for network in stage.learns.values())
        evaluated = [trained[name] for name in stage.frozen if name in trained]
        return learning + sum(self.forward(network, images * recipe.epochs) for network in evaluated)


def _step_seconds(name: str, shape: Shape, threads: int, precision: Precision = "float32") -> float:
    torch.set_num_threads(threads)
    network = networks.build(name, shape, 10, seed=0).to(memory_format=networks.memory_format(name))
    optimiser = torch.optim.AdamW(network.parameters(), fused=True)
    images, labels = torch.zeros(BATCH, *shape), torch.zeros(BATCH, dtype=torch.long)

    def step() -> None:
        with autocast("cpu", precision):
            logits = network(images).float()
        F.cross_entropy(logits, labels).backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    return _fastest_seconds(step)


def _training_speed(name: str, precision: Precision, step: float) -> float:
    """Multiply-adds per second of training steps, what a `step` costs at least left out."""
    macs = _macs(name)
    took = _step_seconds(name, MNIST, thread_count(0, macs), precision) - step
    return FORWARD_AND_BACKWARD * BATCH * macs / max(took, 1e-6)


def _between(family: str) -> float:
    """The multiply-adds of an image beyond which a network counts as large: midway on a logarithmic scale."""
    _, small, large = next(one for one in MEASURED if one[0] == family)
    return math.sqrt(_macs(small) * _macs(large))


@cache
def _macs(name: str) -> int:
    return networks.describe(name, MNIST, 10).macs


def _forward_speed(name: str, threads: int) -> float:
    """Multiply-adds per second of images that are evaluated."""
    torch.set_num_threads(threads)
    network = networks.build(name, MNIST, 10, seed=0).to(memory_format=networks.memory_format(name))
    images = torch.zeros(4 * BATCH, *MNIST)
    return _macs(name) * len(images) / _fastest_seconds(lambda: evaluate(network, images))


def _fastest_seconds(work: Callable[[], object], warm_up: int = 2, times: int = 7) -> float:
    for _ in range(warm_up):
        work()
    durations: list[float] = []
    while len(durations) < times and sum(durations) < ENOUGH_SECONDS:
        began = time.perf_counter()
        work()
        durations.append(time.perf_counter() - began)
    return min(durations)
