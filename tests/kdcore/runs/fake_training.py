"""A stand-in for a real run: fast, with a state that depends on every step, and gates at which it waits for a test.

Its experiment's `epochs` are its steps. A file `wait-at-<step>` in the folder FAKE_GATES makes it stand still before that
step until the file is gone (it goes on obeying commands and saying that it lives).
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from kdcore.errors import TrainingDiverged
from kdcore.events import (
    BatchMetrics,
    Checkpoint,
    Commands,
    Event,
    Finished,
    HotChange,
    Phase,
    Progress,
    TermValue,
    Trained,
    Validation,
)
from kdcore.experiment import Experiment


def run(
    experiment: Experiment,
    *,
    data_folder: Path,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None,
) -> Iterator[Event]:
    """x <- (3 x + step * temperature) mod 1009, for as many steps as the recipe has epochs."""
    yield Phase("load", "cpu", 1)
    yield Phase("teacher", "cpu", 1)
    yield Validation(0, 0.0, "teacher", 1, 100, 0.5)
    yield Phase("students", "cpu", 1)
    yield from _Fake(experiment, commands, resume).steps()


class _Fake:
    def __init__(self, experiment: Experiment, commands: Commands, resume: Checkpoint | None) -> None:
        self.total = experiment.recipe.epochs
        self.commands = commands
        self.step = resume.step if resume else 0
        self.x = resume.tensors["x"].clone() if resume else torch.tensor([1.0 + experiment.order_seed])
        self.temperature = resume.values["temperature"] if resume else experiment.temperature
        self.paused = self.stopped = False
        gates = os.environ.get("FAKE_GATES")
        self.gates = Path(gates) if gates else None

    def steps(self) -> Iterator[Event]:
        while self.step < self.total and not self.stopped:
            yield from self.obey()
            if self.stopped:
                break
            while self.gates is not None and (self.gates / f"wait-at-{self.step}").exists():
                yield self.progress()
                yield from self.obey()
                if self.stopped:
                    break
                time.sleep(0.005)
            if self.stopped:
                break
            self.fault()
            self.x = (self.x * 3 + self.step * self.temperature) % 1009
            self.step += 1
            yield BatchMetrics(
                self.step, self.step / 10, "student", (TermValue("ce", float(self.x), float(self.x)),), 0.1
            )
            yield Checkpoint("students", self.step, {"x": self.x}, {"temperature": self.temperature})
        yield Trained("student", "mlp-30", {"x": self.x})
        yield Finished("stopped" if self.stopped else "finished", {"x": float(self.x), "steps": self.step})

    def progress(self, paused: bool = False) -> Progress:
        return Progress("students", self.step, self.total, self.step / 10, self.total // 10, paused=paused)

    def obey(self) -> Iterator[Event]:
        yield from self.carry_out(self.commands.poll())
        if self.paused and not self.stopped:
            yield Checkpoint("students", self.step, {"x": self.x}, {"temperature": self.temperature})
        while self.paused and not self.stopped:
            yield self.progress(paused=True)
            yield from self.carry_out(self.commands.wait())

    def carry_out(self, commands: list) -> Iterator[Event]:
        for command in commands:
            match command.kind:
                case "pause":
                    self.paused = True
                case "resume":
                    self.paused = False
                case "stop":
                    self.stopped = True
                case "set":
                    self.temperature = command.value
                    yield HotChange(self.step, self.step / 10, command.setting, command.value)
                    yield Checkpoint("students", self.step, {"x": self.x}, {"temperature": self.temperature})

    def fault(self) -> None:
        """FAKE_FAULT names what goes wrong at step 5."""
        if self.step == 5:
            match os.environ.get("FAKE_FAULT"):
                case "diverged":
                    raise TrainingDiverged("The loss became NaN. Lower the learning rate.")
                case "memory":
                    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")
                case "disk":
                    raise OSError(errno.ENOSPC, "No space left on device")
                case "bug":
                    raise ZeroDivisionError("a mistake")
