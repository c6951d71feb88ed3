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
from kdcore.training.loop_schedule import SNAPSHOTS, loop_schedule

Shape = tuple[int, int, int]

TEST_IMAGES = {"digits": 360, "shapes": 5_000, "svhn": 26_032}
"""Images of the test split, where there are not 10,000."""

FIXED_SECONDS = 1.5
"""Of a run beside what its networks take: its start, reading images, judging answers (measured on two cores)."""

SHIPPED_COSTS = assets_folder() / "method_costs.json"
"""What `method_cost` observed on another machine, by `cost_key` of method and kind of network."""

BFLOAT16 = ".bfloat16"
"""Ends the name of a speed in bfloat16."""

FORWARD = ".forward"
"""Ends the name of a speed without gradients."""

MEASURED = (
    ("linear", "mlp-300", "mlp-1200x2"),
    ("convolution", "cnn-small", "cnn-medium"),
)
"""A kind of network, the one whose training is measured, and the one whose forward pass is: teachers are larger than students."""

LOOP_SECONDS = 0.3e-3
"""Added per step by the loop around a small network: loss terms, reports, optimiser."""

TIMED_IMAGES = 13 * 128
"""The fewest images that go through a network while its latency is measured."""

GRADIENT_STEPS = 2
"""Steps that one measurement of the gradients takes as long as."""

BATCH = 64

MNIST = (1, 28, 28)

FORWARD_AND_BACKWARD = 3
"""The cost of a training step in forward passes: one, and two more for the gradients of inputs and weights."""


def measure() -> dict[str, float]:
    """Time bare steps: `step`, seconds per step of a small perceptron; `linear` and `convolution`, multiply-adds per second.

    Both also in bfloat16, and of a forward pass alone. Takes about a second; call it while nothing trains.
    """
    speed = {"step": _step_seconds("mlp-10", (1, 8, 8), threads=1)}
    for family, trained, evaluated in MEASURED:
        macs = networks.describe(trained, MNIST, 10).macs
        in_float32, in_bfloat16 = (
            _step_seconds(trained, MNIST, thread_count(0, macs), p) for p in PRECISIONS
        )
        macs *= FORWARD_AND_BACKWARD * BATCH
        speed[family] = macs / max(in_float32 - speed["step"], 1e-6)
        speed[f"{family}{BFLOAT16}"] = macs / max(in_bfloat16 - speed["step"], 1e-6)
        speed[f"{family}{FORWARD}"] = _forward_speed(evaluated, MNIST)
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
    trained_on = images + validation * experiment.train_on_validation
    transfer = experiment.count or round(trained_on * experiment.fraction)
    judged = validation + TEST_IMAGES.get(experiment.dataset, 10_000)
    answers = _answers(experiment, stages, transfer, judged, answers_are_kept)
    total = FIXED_SECONDS + cost.before(stages, experiment.recipe, transfer)
    total += cost.training(teacher_network, experiment.teacher_recipe, trained_on) * (not teacher_is_trained)
    students = students_seconds(experiment, cost, stages, transfer, validation)
    total += students * method_cost_of(experiment.method, student_of(stages), costs or {})
    total += cost.forward(teacher_network, answers) + 2 * cost.forward(student, judged)
    return total + cost.timed(teacher_network, MOST_TIMED) + cost.timed(student)


def _answers(experiment: Experiment, stages: Sequence[Stage], transfer: int, judged: int, kept: bool) -> int:
    """How many images the teacher answers for: those to learn from, in all their views, and those that it is judged on.

    Views of an epoch are new in every run; other answers may be `kept`.
    """
    asked = transfer if any("teacher" in stage.frozen for stage in stages) else 0
    if teacher_sees_views(experiment):
        return asked * experiment.recipe.epochs + (0 if kept else judged)
    return 0 if kept else asked * (2 * experiment.logit_shift + 1) ** 2 + judged


def students_seconds(
    experiment: Experiment, cost: NetworkCost, stages: Sequence[Stage], transfer: int, validation: int
) -> float:
    """The twin and all that the method trains beside it, with their validations and gradient measurements."""
    recipe, student = experiment.recipe, student_of(stages)
    schedule = loop_schedule(
        recipe.epochs, -(-transfer // recipe.batch_size), transfer, validation, SNAPSHOTS
    )
    steps = cost.training(student, recipe, transfer) + cost.students(stages, recipe, transfer)
    steps *= 1 + GRADIENT_STEPS / schedule.gradients_every
    validated = (len(schedule.validations) + 1) * validation
    return steps + cost.forward(student, validated) + cost.looks(stages, validated)


def method_cost_of(method: str, student: str, observed: Mapping[str, float]) -> float:
    """How many times as long a method's students take as their networks: as observed of this student here, else as shipped of its kind."""
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


def answers_key(experiment: Experiment) -> str:
    """Under which name it is kept that a teacher has answered for a data set's images."""
    return f"{experiment.dataset}/{experiment.teacher}"


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
        macs = networks.describe(network, self.shape, self.classes).macs
        return self.forward(network, TIMED_IMAGES) if macs < most else 0.0

    def training(self, network: str, recipe: Recipe, images: int) -> float:
        """All epochs over so many images, on their labels."""
        steps = -(-images // recipe.batch_size) * recipe.epochs
        fixed = steps * (LOOP_SECONDS + self.speed["step"])
        rate = self._training_rate(family_of(network))
        return fixed + FORWARD_AND_BACKWARD * self._products(network, images * recipe.epochs, rate)

    def _products(self, network: str, images: int, rate: float) -> float:
        return images * networks.describe(network, self.shape, self.classes).macs / rate

    def _training_rate(self, family: str) -> float:
        """Multiply-adds per second in the precision that the run will take."""
        float32 = self.speed[family]
        bfloat16 = self.speed.get(f"{family}{BFLOAT16}", float32)
        return {"float32": float32, "bfloat16": bfloat16}.get(self.precision, max(float32, bfloat16))

    def before(self, stages: Sequence[Stage], recipe: Recipe, images: int) -> float:
        """The stages that run before twin and student begin."""
        return sum(s.share * self.stage(s, stages, recipe, images) for s in stages if s.before)

    def students(self, stages: Sequence[Stage], recipe: Recipe, images: int) -> float:
        """The stages that run while the student learns."""
        during = [stage for stage in stages if not stage.before]
        whole = sum(stage.share for stage in during)
        return sum(s.share / whole * self.stage(s, stages, recipe, images) for s in during)

    def looks(self, stages: Sequence[Stage], images: int) -> float:
        """One forward pass of so many images through every network that learns beside the twin, as long as it does."""
        during = [stage for stage in stages if not stage.before]
        whole = sum(stage.share for stage in during)
        return sum(s.share / whole * self.forward(n, images) for s in during for n in s.learns.values())

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


def _forward_speed(name: str, shape: Shape) -> float:
    """Multiply-adds per second of images that are evaluated."""
    macs = networks.describe(name, shape, 10).macs
    torch.set_num_threads(thread_count(0, macs))
    network = networks.build(name, shape, 10, seed=0).to(memory_format=networks.memory_format(name))
    images = torch.zeros(4 * BATCH, *shape)
    return macs * len(images) / _fastest_seconds(lambda: evaluate(network, images))


def _fastest_seconds(work: Callable[[], object], warm_up: int = 2, times: int = 7) -> float:
    for _ in range(warm_up):
        work()
    durations = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        durations.append(time.perf_counter() - began)
    return min(durations)
