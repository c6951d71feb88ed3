"""A second of training on digits, with a network or a method in it."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from kdcore.data import catalogue
from kdcore.errors import PluginRefused
from kdcore.events import BatchMetrics, Command, Event, Phase, Trained
from kdcore.experiment import Experiment
from kdcore.networks import build
from kdcore.pipelines.experiment_pipeline import run

SECOND = 1.0
LONGEST = 30
"""Epochs, where they take less: whatever learns before the students takes as many."""
STUDENTS = "students"
FEW = 5
"""Reports of the loss at either end that are compared."""


class StopsAfterASecond:
    """A channel that lets the students train for a second, and ends the run then."""

    def __init__(self) -> None:
        self.began = math.inf
        self.stopped = False

    def watch(self, event: Event) -> None:
        """Begin to count where the students begin."""
        if isinstance(event, Phase) and event.name == STUDENTS:
            self.began = time.monotonic()

    def poll(self) -> list[Command]:
        """Stop, once, when the second is over."""
        if self.stopped or time.monotonic() - self.began < SECOND:
            return []
        self.stopped = True
        return [Command("stop")]

    def wait(self) -> list[Command]:
        """Nothing pauses here."""
        return []


def trained(experiment: Experiment) -> str:
    """Train for a second; returns what came of it.

    Raises:
        PluginRefused: a loss is not finite, or the student's weights are what they were.
        StillroomError: it cannot be trained.
    """
    channel, losses, weights = StopsAfterASecond(), list[float](), dict[str, Mapping[str, Any]]()
    with tempfile.TemporaryDirectory() as folder:
        wanted = experiment.with_flat(epochs=LONGEST, device="cpu", threads=1)
        for event in run(wanted, data_folder=Path(folder), runs_folder=Path(folder), commands=channel):
            channel.watch(event)
            if isinstance(event, BatchMetrics) and event.role == "student":
                losses.append(sum(term.scaled for term in event.terms))
            if isinstance(event, Trained):
                weights[event.role] = event.tensors
    if not losses or not all(map(math.isfinite, losses)):
        raise PluginRefused("the loss is not finite" if losses else "nothing was trained")
    _refuse_unmoved(wanted, weights)
    first, last = _mean(losses[:FEW]), _mean(losses[-FEW:])
    return f"loss {first:.3g} to {last:.3g}"


def _refuse_unmoved(experiment: Experiment, weights: Mapping[str, Mapping[str, Any]]) -> None:
    entry = catalogue.entry(experiment.dataset, Path())
    shape, classes = (entry.channels, entry.size or 0, entry.size or 0), entry.classes or 0
    before = build(experiment.student, shape, classes, experiment.init_seed).state_dict()
    student = weights.get("student", {})
    if student and all(n in before and torch.equal(before[n], tensor) for n, tensor in student.items()):
        raise PluginRefused("the student's weights are as they were before training")


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
