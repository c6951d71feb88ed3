"""How fast this project trains: against the stock loop, against bare steps, and two runs at once against one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from kdcore import networks
from kdcore.data import catalogue, datasets, transfer_set
from kdcore.events import NoCommands, Progress, Validation
from kdcore.experiment import Experiment
from kdcore.methods.stages import stages_of
from kdcore.system import threads
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream
from kdcore.training.loop import TrainingLoop
from kdcore.training.members import member
from kdcore.training.schedules import rate
from kdcore.training.teacher_outputs import TeacherOutputs

MNIST = Experiment.from_flat(
    {
        "dataset": "mnist",
        "teacher": "mlp-1200x2",
        "student": "mlp-30",
        "epochs": 3,
        "temperature": 4,
        "teacher_weight": 0.9,
    }
)


class TrainingBench:
    """MNIST on the processor with an untrained teacher: speed does not depend on what it knows."""

    def __init__(self, data_folder: Path, student: str, epochs: int, count: int | None = None) -> None:
        self.experiment = MNIST.with_flat(student=student, epochs=epochs, count=count)
        self.dataset = datasets.load("mnist", folder=data_folder)
        self.transfer = transfer_set.transfer_set(self.dataset.train, self.experiment)
        self.sampler = BatchSampler(self.transfer, self.experiment.recipe, 0, self.dataset.black)
        self.teacher = networks.build("mlp-1200x2", self.dataset.shape, 10, seed=1)
        self.threads = threads.thread_count(0, networks.describe(student, self.dataset.shape, 10).macs)

    def teacher_outputs(self) -> TeacherOutputs:
        """The teacher's logits over the transfer set, on all threads."""
        torch.set_num_threads(
            threads.thread_count(0, networks.describe("mlp-1200x2", self.dataset.shape, 10).macs)
        )
        outputs = TeacherOutputs(self.teacher, self.sampler, "cpu")
        _ = outputs.on_transfer_set
        return outputs

    def training(self, outputs: TeacherOutputs) -> TrainingLoop:
        """Twin and student, as a run trains them."""
        return TrainingLoop(
            "students",
            self.cohort(),
            [DataStream(self.sampler, outputs)],
            self.dataset.validation,
            NoCommands(),
            pinned=tuple(range(6)),
        )

    def cohort(self) -> Cohort:
        """Twin and student at their first weights."""
        torch.set_num_threads(self.threads)
        experiment = self.experiment
        scratch = experiment.with_flat(method="labels-only")
        members = [
            member(r, e, stages_of(e), e.recipe, 0) for r, e in (("twin", scratch), ("student", experiment))
        ]
        return Cohort(members, experiment.recipe, self.dataset.shape, 10, "cpu")

    def whole_loop(self, outputs: TeacherOutputs, epochs: int) -> float:
        """Seconds per epoch of the loop with all its reporting, over the first epochs of a longer run."""
        events = self.training(outputs).run()
        began = time.perf_counter()
        for event in events:
            if isinstance(event, Progress) and event.step == 0:
                began = time.perf_counter()
            if isinstance(event, Validation) and event.epoch >= epochs and event.role == "student":
                break
        return (time.perf_counter() - began) / epochs

    def bare_steps(self, outputs: TeacherOutputs, epochs: int) -> float:
        """Seconds per epoch of the same losses on the same gathered batches, and nothing else."""
        cohort, recipe, stream = self.cohort(), self.experiment.recipe, DataStream(self.sampler, outputs)
        cohort.enter([0, 0])
        total = recipe.epochs * self.sampler.steps_per_epoch
        began = time.perf_counter()
        for step in range(epochs * self.sampler.steps_per_epoch):
            learning_rate = recipe.learning_rate * rate(recipe.schedule, (step + 1) / (total + 1))
            cohort.step([stream.batch(step)], learning_rate, step / total)
        return (time.perf_counter() - began) / epochs


def against_stock(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """(claim, ratio, bound) of a cohort of two against the better of two stock loops.

    An epoch is one of a run of 15, as in `against_bare`; the run of 3 epochs reports five times as often.
    """
    from bench.stock_loop import stock_seconds_per_epoch

    bench, short = TrainingBench(data_folder, "mlp-30", 15), TrainingBench(data_folder, "mlp-30", 3)
    torch.set_num_threads(threads.thread_count(0, 10**9))
    stock = {workers: stock_seconds_per_epoch(data_folder, workers, steps=120) for workers in (0, 2)}
    best = min(stock.values())
    began = time.perf_counter()
    outputs = bench.teacher_outputs()
    logits = time.perf_counter() - began
    epoch = min(bench.whole_loop(outputs, 3) for _ in range(2))
    three = min(3 * short.whole_loop(outputs, 3) for _ in range(2))
    stock_times = ", ".join(f"{workers} workers {seconds:.2f} s" for workers, seconds in stock.items())
    print(f"  stock loop, one student, an epoch: {stock_times}")
    print(
        f"  cohort of two, an epoch: {epoch:.3f} s; a run of 3 epochs: {three:.2f} s; the teacher's logits once: {logits:.2f} s"
    )
    yield "twin and student together, an epoch, against the stock loop", best / epoch, ">= 13"
    yield "the same over 3 epochs with the teacher's logits", 3 * best / (three + logits), ">= 3"


def against_bare(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """The whole loop over bare steps, in the first epochs of a run of 15: the median of paired runs."""
    for student, epochs, pairs, bound in (("mlp-30", 3, 5, "<= 1.2"), ("mlp-800x2", 1, 7, "<= 1.05")):
        bench = TrainingBench(data_folder, student, 15)
        outputs = bench.teacher_outputs()
        bench.bare_steps(outputs, 1)
        ratios = sorted(
            bench.whole_loop(outputs, epochs) / bench.bare_steps(outputs, epochs) for _ in range(pairs)
        )
        print(f"  {student}: {', '.join(f'{r:.3f}' for r in ratios)}")
        yield f"the loop with its reports against bare steps, {student}", ratios[pairs // 2], bound


def two_at_once(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """Images per second of two runs together over one alone, each in a process of its own."""
    for student, bound in (("mlp-30", ">= 1.6"), ("mlp-1200x2", ">= 0.95")):
        alone = _images_per_second(data_folder, student, 1)
        both = _images_per_second(data_folder, student, 2)
        print(f"  {student}: alone {alone:,.0f} img/s, two together {both:,.0f} img/s")
        yield f"two runs at once against one, images per second, {student}", both / alone, bound


def _images_per_second(data_folder: Path, student: str, processes: int) -> float:
    environment = {**os.environ, "STILLROOM_DATA": str(data_folder)}
    command = [sys.executable, "-m", "bench.training_speed", student]
    started = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return sum(float(process.communicate()[0].split()[-1]) for process in started)


def _train_for(student: str, seconds: float = 6.0) -> None:
    """One process's part of `two_at_once`: train for a while and print the images per second."""
    bench = TrainingBench(catalogue.data_folder(), student, 200)
    outputs = bench.teacher_outputs()
    events = bench.training(outputs).run()
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    steps = 0
    for event in events:
        steps = max(steps, getattr(event, "step", 0))
        if time.perf_counter() - began > seconds:
            break
    print(steps * len(bench.sampler) / bench.sampler.steps_per_epoch / (time.perf_counter() - began))


if __name__ == "__main__":
    _train_for(sys.argv[1])
