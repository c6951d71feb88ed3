"""A batch through all networks of a cohort, in training mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from kdcore.plan import Output
from kdcore.training.active_groups import ActiveGroups
from kdcore.training.data_stream import StreamBatch
from kdcore.training.network_groups import NetworkGroup
from kdcore.training.side_by_side_step import SideBySideStep
from kdcore.training.stacked_step import StackedStep


@dataclass(frozen=True)
class TrainingForward:
    """The outputs of one step.

    Attributes:
        outputs: By network group, in float32.
        from_leaves: The groups whose outputs end the graph: once the objectives' gradients are there, they carry them back.
    """

    outputs: Sequence[Output]
    from_leaves: Sequence[StackedStep | SideBySideStep]


def outputs_with_graph(active: ActiveGroups, batches: Sequence[StreamBatch]) -> list[Output]:
    """The outputs by network group, with the graph back to the weights; batches: one per data stream."""
    images, seeds = _images_and_seeds(batches)
    return [_group_output(active, group, images, seeds) for group in active.networks]


def training_forward(
    active: ActiveGroups, batches: Sequence[StreamBatch], smoothness: float
) -> TrainingForward:
    """The outputs to step on: as leaves where a group can, and where the recipe has no smoothness, which needs the graph."""
    if smoothness:
        return TrainingForward(outputs_with_graph(active, batches), ())
    images, seeds = _images_and_seeds(batches)
    outputs: list[Output] = []
    from_leaves: list[StackedStep | SideBySideStep] = []
    for group in active.networks:
        step = group.step_from_leaves(images, seeds, active.builder.precision)
        if step is not None:
            from_leaves.append(step)
            outputs.append(step.output)
        else:
            outputs.append(_group_output(active, group, images, seeds))
    return TrainingForward(outputs, from_leaves)


def _group_output(
    active: ActiveGroups, group: NetworkGroup, images: Sequence[Tensor], seeds: Sequence[int]
) -> Output:
    with active.autocast():
        output = group.forward(images, group.points, seeds)
    return output.float()


def _images_and_seeds(batches: Sequence[StreamBatch]) -> tuple[list[Tensor], list[int]]:
    return [batch.inputs.images for batch in batches], [batch.noise_seed for batch in batches]
