"""A batch through all networks of a cohort, in training mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from kdcore.plan import Output
from kdcore.training.active_groups import ActiveGroups
from kdcore.training.data_stream import StreamBatch
from kdcore.training.stacked_step import StackedStep


@dataclass(frozen=True)
class TrainingForward:
    """The outputs of one step.

    Attributes:
        outputs: By network group, in float32.
        by_hand: The groups whose outputs end the graph: once the objectives' gradients are there, they carry them back.
    """

    outputs: Sequence[Output]
    by_hand: Sequence[StackedStep]


def outputs_with_graph(active: ActiveGroups, batches: Sequence[StreamBatch]) -> list[Output]:
    """The outputs by network group, with the graph back to the weights; batches: one per data stream."""
    images, seeds = _images_and_seeds(batches)
    with active.autocast():
        outputs = [group.forward(images, group.points, seeds) for group in active.networks]
    return [output.float() for output in outputs]


def training_forward(
    active: ActiveGroups, batches: Sequence[StreamBatch], smoothness: float
) -> TrainingForward:
    """The outputs to step on: by hand where a group can, and where the recipe has no smoothness, which needs the graph."""
    if smoothness or active.builder.precision != "float32":
        return TrainingForward(outputs_with_graph(active, batches), ())
    images, seeds = _images_and_seeds(batches)
    outputs: list[Output] = []
    by_hand: list[StackedStep] = []
    for group in active.networks:
        if (step := group.step_by_hand(images, seeds)) is not None:
            by_hand.append(step)
            outputs.append(step.output)
        else:
            outputs.append(group.forward(images, group.points, seeds).float())
    return TrainingForward(outputs, by_hand)


def _images_and_seeds(batches: Sequence[StreamBatch]) -> tuple[list[Tensor], list[int]]:
    return [batch.inputs.images for batch in batches], [batch.noise_seed for batch in batches]
