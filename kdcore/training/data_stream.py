"""A data stream: one batch sampler with the teacher's outputs for its batches."""

from __future__ import annotations

from dataclasses import dataclass

from kdcore.plan import Output
from kdcore.training.batch_sampler import BatchSampler, InputBatch, noise_seed
from kdcore.training.teacher_outputs import TeacherOutputs


@dataclass(frozen=True)
class StreamBatch:
    """One stream's batch of one step, with the teacher's outputs for it and the seed of its dropout."""

    inputs: InputBatch
    teacher: Output | None
    noise_seed: int


@dataclass(frozen=True)
class DataStream:
    """A sampler, and the teacher's outputs for its batches where there is a teacher; members on one stream see the same batches."""

    sampler: BatchSampler
    teacher: TeacherOutputs | None = None

    def batch(self, step: int) -> StreamBatch:
        """The batch of that step, counted from 0 over the whole run."""
        inputs = self.sampler.batch(step)
        outputs = None if self.teacher is None else self.teacher.for_batch(inputs)
        return StreamBatch(inputs, outputs, noise_seed(self.sampler.seed, step))
