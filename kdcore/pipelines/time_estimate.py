"""Estimate how long an experiment takes on this machine: a few seconds of measuring, then arithmetic.

A step costs a fixed time (the loop around small operations) and a time that grows with the multiply-adds. Both are
measured once per machine (`measure`); `seconds` adds them up over the networks that a method's stages train or evaluate.
The cost of a method's loss itself is left out: most of those measured in assets/methods stay within a factor of two, the
most expensive take ten times as long. The estimate guides a choice on screen and no more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import torch
from torch.nn import functional as F

from kdcore import networks
from kdcore.data.catalogue import validation_count
from kdcore.experiment import Experiment, Recipe
from kdcore.plan import Stage
from kdcore.system.threads import thread_count

Shape = tuple[int, int, int]

TEST_IMAGES = {"digits": 360, "svhn": 26_032}
"""Images of the test split, where there are not 10,000."""

FIXED_SECONDS = 1.5
"""Of a run beside training: its start, reading small files, latencies (measured on two cores)."""

LOOP_SECONDS = 0.3e-3
"""Added per step by the loop around a small network: loss terms, reports, optimiser."""

BATCH = 64

FORWARD_AND_BACKWARD = 3
"""The cost of a training step in forward passes: one, and two more for the gradients of inputs and weights."""


def measure() -> dict[str, float]:
    """Time bare steps: `step`, seconds per step of a small perceptron; `linear` and `convolution`, multiply-adds per second.

    Takes about a second; call it while nothing trains.
    """
    speed = {"step": _step_seconds("mlp-10", (1, 8, 8), threads=1)}
    for family, name, shape in (
        ("linear", "mlp-300", (1, 28, 28)),
        ("convolution", "cnn-small", (1, 28, 28)),
    ):
        threads = thread_count(0, networks.describe(name, shape, 10).macs)
        macs = networks.describe(name, shape, 10).macs * FORWARD_AND_BACKWARD * BATCH
        speed[family] = macs / max(_step_seconds(name, shape, threads) - speed["step"], 1e-6)
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
) -> float:
    """About how many seconds the experiment takes on a machine of this speed.

    Args:
        experiment: what is to be run.
        speed: what `measure` returned.
        stages: of its method, for these networks.
        shape: channels, height and width of an image.
        classes: how many there are.
        images: how many there are to train on.
        teacher_network: the network behind the teacher's name.
        teacher_is_trained: whether the teacher need not be trained first.

    Raises:
        NetworkRefused: a network that cannot take these images.
    """
    cost = _Cost(speed, shape, classes)
    recipe = experiment.recipe
    transfer = experiment.count or round(images * experiment.fraction)
    total = FIXED_SECONDS
    if not teacher_is_trained:
        total += cost.training(teacher_network, experiment.teacher_recipe, images)
    if any("teacher" in stage.frozen for stage in stages):
        total += cost.forward(teacher_network, transfer * (recipe.epochs if recipe.augments else 1))
    total += cost.all_stages(stages, recipe, transfer)
    total += cost.training(experiment.student, recipe, transfer)  # the twin
    total += recipe.epochs * 2 * cost.forward(experiment.student, validation_count(images))
    tested = TEST_IMAGES.get(experiment.dataset, 10_000)
    return total + 2 * cost.forward(experiment.student, tested) + cost.forward(teacher_network, 2 * tested)


class _Cost:
    """Seconds of forward passes and of training on this machine."""

    def __init__(self, speed: Mapping[str, float], shape: Shape, classes: int) -> None:
        self.speed, self.shape, self.classes = speed, shape, classes

    def forward(self, network: str, images: int) -> float:
        facts = networks.describe(network, self.shape, self.classes)
        return images * facts.macs / self.speed["linear" if facts.family == "MLP" else "convolution"]

    def training(self, network: str, recipe: Recipe, images: int) -> float:
        steps = -(-images // recipe.batch_size) * recipe.epochs
        fixed = steps * (LOOP_SECONDS + self.speed["step"])
        return fixed + FORWARD_AND_BACKWARD * self.forward(network, images * recipe.epochs)

    def all_stages(self, stages: Sequence[Stage], recipe: Recipe, images: int) -> float:
        while_students_learn = sum(stage.share for stage in stages if not stage.before)
        shares = [s.share if s.before else s.share / while_students_learn for s in stages]
        return sum(
            share * self.stage(stage, stages, recipe, images)
            for share, stage in zip(shares, stages, strict=True)
        )

    def stage(self, stage: Stage, stages: Sequence[Stage], recipe: Recipe, images: int) -> float:
        """All of the recipe's epochs of one stage: its learning networks, and those of other stages that it evaluates."""
        trained = {name: network for each in stages for name, network in each.learns.items()}
        learning = sum(self.training(network, recipe, images) for network in stage.learns.values())
        evaluated = [trained[name] for name in stage.frozen if name in trained]
        return learning + sum(self.forward(network, images * recipe.epochs) for network in evaluated)


def _step_seconds(name: str, shape: Shape, threads: int) -> float:
    torch.set_num_threads(threads)
    network = networks.build(name, shape, 10, seed=0).to(memory_format=networks.memory_format(name))
    optimiser = torch.optim.AdamW(network.parameters(), fused=True)
    images, labels = torch.zeros(BATCH, *shape), torch.zeros(BATCH, dtype=torch.long)

    def step() -> None:
        F.cross_entropy(network(images), labels).backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    return _median_seconds(step)


def _median_seconds(work: Callable[[], None], warm_up: int = 2, times: int = 7) -> float:
    for _ in range(warm_up):
        work()
    durations = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        durations.append(time.perf_counter() - began)
    return sorted(durations)[times // 2]
