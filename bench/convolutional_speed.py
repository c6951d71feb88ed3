"""How fast a convolutional student learns from a convolutional teacher: against the stock loop, on CIFAR-10 (JPEG).

On a GPU where there is one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from bench.stock_loop import stock_cnn_images_per_second
from kdcore import networks
from kdcore.data import datasets, transfer_set
from kdcore.events import NoCommands, Progress, Validation
from kdcore.experiment import Experiment
from kdcore.methods.stages import stages_of
from kdcore.pipelines.arithmetic_choice import choose_arithmetic
from kdcore.pipelines.baseline_twin import twin_of
from kdcore.pipelines.checks import check
from kdcore.system.threads import on_threads
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream
from kdcore.training.loop import TrainingLoop
from kdcore.training.members import member
from kdcore.training.teacher_outputs import TeacherOutputs

EPOCHS = 10
ROUNDS, WORKERS = 3, (0, 2)
"""How often both are measured, in turn; with how many workers the stock loop is."""
DISTILLATION = Experiment.from_flat(
    {"dataset": "cifar10-jpeg", "teacher": "cnn-medium", "student": "cnn-small", "epochs": EPOCHS}
)


class ConvolutionalBench:
    """CIFAR-10 (JPEG) with an untrained teacher: speed does not depend on what it knows."""

    def __init__(self, data_folder: Path) -> None:
        with TemporaryDirectory() as folder:
            self.checked = check(DISTILLATION, data_folder=data_folder, runs_folder=Path(folder))
            stages = self.checked.student_stages
            self.arithmetic = choose_arithmetic(
                self.checked, [DISTILLATION.student], Path(folder), None, together=stages
            )
        self.device = self.checked.device
        began = time.perf_counter()
        self.dataset = datasets.load(
            DISTILLATION.dataset, folder=data_folder, image_size=DISTILLATION.image_size, device=self.device
        )
        self.loading = time.perf_counter() - began

    @cached_property
    def stream(self) -> DataStream:
        """The batches, with the teacher's logits for them, which are not computed yet."""
        transfer = transfer_set.transfer_set(self.dataset.train, DISTILLATION)
        sampler = BatchSampler(transfer, DISTILLATION.recipe, 0, self.dataset.black)
        name = DISTILLATION.teacher
        teacher = networks.placed(networks.build(name, self.dataset.shape, 10, seed=1), name, self.device)
        return DataStream(
            sampler, TeacherOutputs(teacher, sampler, self.device, precision=self.arithmetic.precision)
        )

    def logits(self) -> float:
        """Seconds in which the teacher's logits are computed, once for all epochs."""
        assert self.stream.teacher is not None
        began = time.perf_counter()
        with on_threads(self.checked.threads(DISTILLATION.teacher)):
            float(self.stream.teacher.on_transfer_set.sum())
        return time.perf_counter() - began

    def epoch(self, with_twin: bool) -> float:
        """Seconds of the first epoch of the student, or of twin and student, with its reports and its validation."""
        torch.set_num_threads(self.arithmetic.threads)
        experiments = {"twin": twin_of(DISTILLATION)} if with_twin else {}
        members = [
            member(role, experiment, stages_of(experiment), experiment.recipe, 0)
            for role, experiment in {**experiments, "student": DISTILLATION}.items()
        ]
        cohort = Cohort(
            members,
            DISTILLATION.recipe,
            self.dataset.shape,
            10,
            self.device,
            precision=self.arithmetic.precision,
            lanes=self.arithmetic.lanes,
        )
        training = TrainingLoop("students", cohort, [self.stream], self.dataset.validation, NoCommands())
        began = time.perf_counter()
        for event in training.run():
            if isinstance(event, Progress) and event.step == 0:
                began = time.perf_counter()
            if isinstance(event, Validation) and event.epoch >= 1 and event.role == "student":
                break
        return time.perf_counter() - began


def _round(bench: ConvolutionalBench, data_folder: Path, students: int) -> tuple[dict[int, float], float]:
    """Images per second of the stock loop by its workers, and the seconds of our epoch right after it."""
    stock = {w: stock_cnn_images_per_second(data_folder, bench.device, w, students) for w in WORKERS}
    return stock, bench.epoch(with_twin=students == 2)


def against_stock(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """Images per second of a whole run, with reading the images and the teacher's logits, over those of stock loops."""
    bench = ConvolutionalBench(data_folder)
    train = len(bench.stream.sampler)
    print(
        f"  {bench.device}, threads: {bench.arithmetic.threads}, lanes: {bench.arithmetic.lanes}, {bench.arithmetic.precision}; reading the images "
        f"{bench.loading:.1f} s, the teacher's logits {(logits := bench.logits()):.1f} s"
    )
    for students, claim, bound in ((1, "one student", ">= 2"), (2, "twin and student", ">= 3")):
        rounds = [_round(bench, data_folder, students) for _ in range(ROUNDS)]
        stock = {w: statistics.median(each[w] for each, _epoch in rounds) for w in WORKERS}
        epoch = statistics.median(epoch for _each, epoch in rounds)
        ours = EPOCHS * train / (bench.loading + logits + EPOCHS * epoch)
        print(
            f"  {claim}: stock loop {', '.join(f'{w} workers {speed:,.0f}' for w, speed in stock.items())} images/s; "
            f"ours {train / epoch:,.0f} an epoch, {ours:,.0f} over {EPOCHS} epochs with all that comes before"
        )
        yield (
            f"cnn-small from cnn-medium on CIFAR-10 (JPEG), {claim}, {EPOCHS} epochs",
            ours / max(stock.values()),
            bound,
        )
