"""A teacher whose outputs for a batch are made another way; all else that is asked of it stays sound."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from kdcore.experiment import Experiment
from kdcore.plan import Output
from kdcore.training.batch_sampler import InputBatch
from kdcore.training.teacher_outputs import TeacherOutputs

ForBatch = Callable[[TeacherOutputs, InputBatch], Output]


class AlteredTeacher(TeacherOutputs):
    """The outputs that `for_batch` makes of the sound ones. What the sound teacher keeps on disk stays as it is."""

    def __init__(self, sound: TeacherOutputs, for_batch: ForBatch) -> None:
        super().__init__(
            sound.network,
            sound.sampler,
            sound.device,
            sound.points,
            sound.cache,
            sound.precision,
            sound.logit_shift,
            sound.each_view,
        )
        self._sound, self._for_batch = sound, for_batch

    def for_batch(self, batch: InputBatch) -> Output:
        """Logits [N, C] and tapped features for one batch, as the fault has them."""
        return self._for_batch(self._sound, batch)


def any_teacher(experiment: Experiment, teacher: nn.Module) -> str:
    """Nothing to refuse: every method that asks a teacher asks it in this way."""
    return ""
