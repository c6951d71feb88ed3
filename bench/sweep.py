"""How much faster a sweep is than its runs one after another.

On a GPU where there is one; `python -m bench.sweep --cpu` measures on the processor.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from bench.training_speed import MNIST
from kdcore import networks
from kdcore.data import catalogue, datasets, transfer_set
from kdcore.events import NoCommands, Progress
from kdcore.experiment import Experiment
from kdcore.pipelines.cohort_members import members_of
from kdcore.pipelines.cohort_pipeline import SNAPSHOTS
from kdcore.pipelines.cohort_spec import CohortSpec
from kdcore.system import threads
from kdcore.system.precision import Precision
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream
from kdcore.training.loop import TrainingLoop
from kdcore.training.loop_schedule import SNAPSHOTS as EVERY
from kdcore.training.members import Member
from kdcore.training.teacher_outputs import TeacherOutputs

TEMPERATURES = (1, 2, 3, 4, 6, 8, 12, 16, 20)


def settings(seeds: int, own_order: bool) -> list[Experiment]:
    """Nine temperatures per seed, each seed with an order of batches of its own, or all with the same."""
    return [
        MNIST.with_flat(temperature=t, init_seed=s, order_seed=s if own_order else 0, epochs=1)
        for s in range(seeds)
        for t in TEMPERATURES
    ]


class SweepBench:
    """MNIST with an untrained teacher, whose logits are computed beforehand: speed does not depend on what it knows."""

    def __init__(self, data_folder: Path, device: str = "cpu") -> None:
        self.device = device
        self.dataset = datasets.load("mnist", folder=data_folder, device=device)
        self.teacher = networks.build("mlp-1200x2", self.dataset.shape, 10, seed=1).to(device)
        self.transfer = transfer_set.transfer_set(self.dataset.train, MNIST)
        torch.set_num_threads(threads.thread_count(0, 10**9))
        self.logits = TeacherOutputs(self.teacher, self._sampler(0), device).on_transfer_set
        torch.set_num_threads(
            threads.thread_count(0, networks.describe("mlp-30", self.dataset.shape, 10).macs)
        )

    def _sampler(self, order_seed: int) -> BatchSampler:
        return BatchSampler(
            self.transfer, MNIST.recipe.model_copy(update={"epochs": 1}), order_seed, self.dataset.black
        )

    def _stream(self, experiment: Experiment) -> DataStream:
        stream = DataStream(
            self._sampler(experiment.order_seed), TeacherOutputs(self.teacher, self._sampler(0), self.device)
        )
        assert stream.teacher is not None
        stream.teacher.__dict__["on_transfer_set"] = self.logits
        return stream

    def seconds(self, cohort_spec: CohortSpec, snapshots: int) -> float:
        """Seconds of an epoch of the loop that trains these experiments and their twins, with all its reports."""
        streams = [self._stream(first) for first in cohort_spec.streams]
        recipe = cohort_spec.experiments[0].recipe
        members: list[Member] = members_of(cohort_spec)
        precision: Precision = "bfloat16" if self.device == "cuda" else "float32"
        cohort = Cohort(members, recipe, self.dataset.shape, 10, self.device, precision=precision)
        training = TrainingLoop(
            "students", cohort, streams, self.dataset.validation, NoCommands(),
            pinned=tuple(range(6)), snapshots=snapshots,
        )  # fmt: skip
        began = time.perf_counter()
        for event in training.run():
            if isinstance(event, Progress) and event.step == 0:
                self._wait()
                began = time.perf_counter()
        self._wait()
        return time.perf_counter() - began

    def _wait(self) -> None:
        if self.device == "cuda":
            torch.cuda.synchronize()


def against_one_after_another(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """(claim, ratio, bound) of nine temperatures and three seeds in one loop against the same 27 runs in turn."""
    device = "cuda" if torch.cuda.is_available() and "--cpu" not in sys.argv else "cpu"
    bench = SweepBench(data_folder, device)
    own, shared = settings(3, True), settings(3, False)
    bench.seconds(CohortSpec((own[0],)), EVERY)  # the first run of a process is slower
    alone = sum(bench.seconds(CohortSpec((one,)), EVERY) for one in own)
    together = bench.seconds(CohortSpec(tuple(own)), SNAPSHOTS)
    same = bench.seconds(CohortSpec(tuple(shared)), SNAPSHOTS)
    print(
        f"  27 runs in turn, an epoch each: {alone:.1f} s; together on own batches {together:.1f} s, on shared ones {same:.1f} s"
    )
    bound = "<= 0.4" if device == "cpu" else "<= 0.1"
    yield (
        f"a sweep against its 27 runs in turn ({device}), each seed on batches of its own",
        together / alone,
        bound,
    )
    yield f"the same on shared batches ({device})", same / alone, bound


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    for claim, value, limit in against_one_after_another(catalogue.data_folder()):
        print(f"{claim}: {value:.3f} (bound {limit})")
