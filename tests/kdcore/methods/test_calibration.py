"""Which losses fix the size of the student's logits, and which leave its probabilities to chance: tried on each objective."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from kdcore.experiment import Experiment
from kdcore.methods.registry import methods
from kdcore.methods.stages import uncalibrated
from kdcore.plan import Batch, Notes, Output, Shapes, Stage, Term
from kdcore.studies import method_wiring
from kdcore.training.members import shapes_of

Change = Callable[[Tensor], Tensor]


def doubled(logits: Tensor) -> Tensor:
    """Twice as sure, the same answers."""
    return 2 * logits


def half_raised(logits: Tensor) -> Tensor:
    """The first half of the classes is likelier, and none of them beside the others of its half."""
    classes = logits.shape[-1]
    return logits + 3.0 * (torch.arange(classes) < classes // 2)


CHANGES = (doubled, half_raised)
"""What changes a student's probabilities, and must not go unnoticed by its loss."""


class Tried(method_wiring._Trial):
    """An objective's terms where the teacher has all the weight and the student's logits are changed."""

    def __init__(self, stage: Stage, shapes: Shapes, change: Change | None) -> None:
        self.change = change
        super().__init__(stage, shapes, None)

    def _said(self, network: str) -> Output:
        said = super()._said(network)
        if network != "student" or self.change is None:
            return said
        return Output(self.change(said.logits), said.features)

    def forward(self, network: str, images: Tensor, learn: bool = True) -> Tensor:
        logits = super().forward(network, images, learn)
        return logits if network != "student" or self.change is None else self.change(logits)

    def _batch(self, notes: Notes) -> Batch:
        return replace(super()._batch(notes), teacher_weight=torch.ones(1))

    @property
    def loss(self) -> Tensor:
        """The student's."""
        own = [term for term in self.terms if isinstance(term, Term) and term.network == "student"]
        return torch.stack([(term.raw * term.scale).sum() for term in own]).sum()


def notices(stages: Sequence[Stage], change: Change) -> bool:
    """Whether the loss of the last stage in which the student learns is another with changed logits."""
    named = {"teacher": method_wiring.TEACHER} | {n: a for stage in stages for n, a in stage.learns.items()}
    shapes = shapes_of(named, method_wiring.SHAPE, method_wiring.CLASSES)
    [*_, last] = [stage for stage in stages if "student" in stage.learns]
    before, after = (Tried(last, shapes, each).loss for each in (None, change))
    return not torch.allclose(before, after, rtol=1e-4)


def settings_of(name: str) -> list[dict[str, float]]:
    """A method's own defaults, and each other choice of a setting that has choices which are no networks."""
    card = methods()[name].CARD
    few = [p for p in card.parameters if p.choices and "mlp-30" not in p.choices]
    return [
        {},
        *({p.name: float(i)} for p in few for i in range(len(p.choices)) if i != int(p.default)),
    ]


@pytest.mark.parametrize("name", methods())
def test_a_method_is_marked_where_its_loss_leaves_the_students_probabilities_open(name: str) -> None:
    for settings in settings_of(name):
        experiment = Experiment.from_flat({"method": name, "parameters": settings, "teacher_weight": 1.0})
        stages = method_wiring.stages_of(experiment)
        fixed = all(notices(stages, change) for change in CHANGES)
        assert fixed == (not uncalibrated(experiment)), (settings, [notices(stages, c) for c in CHANGES])


def test_without_weight_on_the_teacher_nothing_is_marked() -> None:
    marked = Experiment.from_flat({"method": "standardised-logits", "teacher_weight": 0.9})
    assert uncalibrated(marked)
    assert not uncalibrated(marked.with_flat(teacher_weight=0.0))


def test_a_mark_may_depend_on_a_setting() -> None:
    marked = Experiment(method="learning-without-forgetting")
    assert uncalibrated(marked)
    assert not uncalibrated(marked.with_flat(parameters={"labels_among": 1.0}))
