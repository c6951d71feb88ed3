"""What a fault is: a card, sound and faulty lines, the invariant that tells them apart, and where they act in a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from torch import nn

from kdcore.data.datasets import Dataset, Split
from kdcore.experiment import Experiment
from kdcore.plan import Objective, Stage
from kdcore.training.teacher_outputs import TeacherOutputs

Version = Callable[..., Any]
"""The sound lines or the faulty ones: what they take and return is a fault's own."""


def as_it_is(objective: Objective) -> Objective:
    """The same loss."""
    return objective


def as_planned(stages: Sequence[Stage]) -> list[Stage]:
    """The same stages."""
    return [*stages]


def as_asked(teacher: TeacherOutputs) -> TeacherOutputs:
    """The same outputs."""
    return teacher


def on_validation(dataset: Dataset) -> Split:
    """The validation images."""
    return dataset.validation


@dataclass(frozen=True)
class Hooks:
    """The places of a run at which a fault may act; each stays sound where a fault does not replace it.

    Attributes:
        student: Makes the student's loss from the method's.
        twin: Makes the twin's loss from that of the labels.
        stages: Makes the stages that run while the student learns from the method's.
        teacher: Makes the teacher's outputs for the batches from the sound ones.
        chosen_on: The images by which the epoch is chosen whose weights are kept.
    """

    student: Callable[[Objective], Objective] = as_it_is
    twin: Callable[[Objective], Objective] = as_it_is
    stages: Callable[[Sequence[Stage]], list[Stage]] = as_planned
    teacher: Callable[[TeacherOutputs], TeacherOutputs] = as_asked
    chosen_on: Callable[[Dataset], Split] = on_validation

    def student_stages(self, stages: Sequence[Stage]) -> list[Stage]:
        """The method's stages with the fault in those that run while the student learns."""
        during = self.stages([stage for stage in stages if not stage.before])
        changed = [replace(stage, objective=self.student(stage.objective)) for stage in during]
        return [*(stage for stage in stages if stage.before), *changed]

    def twin_stages(self, stages: Sequence[Stage]) -> list[Stage]:
        """The twin's stages with the fault."""
        return [replace(stage, objective=self.twin(stage.objective)) for stage in stages]


SOUND = Hooks()
"""Of a run without a fault."""


@dataclass(frozen=True)
class FaultCard:
    """What a reader learns about a fault once it is named.

    Attributes:
        name: In experiments, links and on the command line.
        title: On screen.
        wrong: What is wrong, in a sentence or two.
        shows: How it shows in a run.
        met: Where it was met: a source, or in so many words that there is none.
        mend: The one line that mends it.
        caught_by: The invariant that catches it, in a sentence.
        hook: The place in a run that it replaces, a field of `Hooks`.
        in_riddles: Whether a riddle may hide it; not where the record of a run names it by itself.
    """

    name: str
    title: str
    wrong: str
    shows: str
    met: str
    mend: str
    caught_by: str
    hook: str
    in_riddles: bool = True


class Fault(Protocol):
    """What a file in `faults/` defines."""

    CARD: FaultCard

    def sound(self, *args: Any) -> Any:
        """The lines as they should be."""
        ...

    def faulty(self, *args: Any) -> Any:
        """The lines with the mistake in them."""
        ...

    def invariant(self, version: Version) -> bool:
        """Whether these lines do what must hold: true of the sound ones, false of the faulty ones."""
        ...

    def hooks(self, version: Version) -> Hooks:
        """Where these lines act in a run."""
        ...

    def refusal(self, experiment: Experiment, teacher: nn.Module) -> str:
        """Why this experiment cannot have the fault, in a sentence; empty where it can."""
        ...
