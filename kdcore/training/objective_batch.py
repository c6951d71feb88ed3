"""What an objective sees of one step: the outputs of its members' networks, their labels, and ways to run networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from kdcore.plan import Batch, Labels, Output
from kdcore.training.active_groups import ActiveGroups
from kdcore.training.batch_sampler import InputBatch
from kdcore.training.data_stream import StreamBatch
from kdcore.training.label_correction import CORRECTED
from kdcore.training.leaf_output import LeafOutput
from kdcore.training.network_groups import NetworkGroup
from kdcore.training.objective_groups import ObjectiveGroup
from kdcore.training.sequential_networks import SequentialNetworks


def objective_batch(
    active: ActiveGroups,
    group: ObjectiveGroup,
    batch: StreamBatch,
    outputs: Sequence[Output],
    progress: float,
) -> Batch:
    """The batch of one objective group; outputs: of the step, by network group."""
    inputs, notes = batch.inputs, group.notes
    partners = inputs.partner_indices
    return Batch(
        images=inputs.images,
        labels=group_labels(group, inputs),
        outputs=_outputs(active, group, batch, outputs),
        temperature=group.temperature,
        teacher_weight=group.teacher_weight,
        notes={name: note[:, inputs.indices] for name, note in notes.items()},
        partner_notes={} if partners is None else {name: note[:, partners] for name, note in notes.items()},
        progress=progress,
        label_smoothing=group.label_smoothing,
        adapt=AdapterCalls(group.adapters),
        forward=NetworkCalls(active, group),
        seed=batch.noise_seed,
    )


def group_labels(group: ObjectiveGroup, inputs: InputBatch) -> Labels:
    """The batch's labels, as the teacher corrected them where the group's members learn from such."""
    if (corrected := group.notes.get(CORRECTED)) is None:
        return inputs.labels
    other = None if inputs.partner_indices is None else corrected[:, inputs.partner_indices]
    return replace(inputs.labels, index=corrected[:, inputs.indices], other=other)


def _outputs(
    active: ActiveGroups, group: ObjectiveGroup, batch: StreamBatch, outputs: Sequence[Output]
) -> dict[str, Output]:
    """The group's part of the step's outputs, with those of the teacher and of frozen networks."""
    own: dict[str, Output] = {}
    for network, part in group.networks_on_images.items():
        own[network] = _part(outputs[part.group], part.networks)
    if batch.teacher is not None:
        own["teacher"] = batch.teacher
    for network, frozen in group.frozen.items():
        points = group.stage.taps.get(network, ())
        own[network] = _frozen_output(active, frozen, batch.inputs.images, points)
    return own


def _part(whole: Output, networks: slice) -> Output:
    if isinstance(whole, LeafOutput):
        return whole.part(networks)
    return Output(whole.logits[networks], {point: f[networks] for point, f in whole.features.items()})


@torch.no_grad()
def _frozen_output(
    active: ActiveGroups, networks: list[nn.Module], images: Tensor, points: Sequence[str]
) -> Output:
    with active.autocast():
        output = SequentialNetworks(networks).forward([images], points)
    return output.float()


@dataclass(frozen=True)
class AdapterCalls:
    """Runs a group's adapters for its objective; see `kdcore.plan.Adapt`."""

    groups: Mapping[str, NetworkGroup]

    def __call__(self, name: str, *inputs: Tensor, learn: bool = True) -> Tensor:
        """Each member's own module on its part of the inputs, [K, ...]."""
        modules = self.groups[name].program
        outputs = [
            modules.forward_one(k, *(x[k] if len(x) > 1 else x[0] for x in inputs), learn=learn)
            for k in range(modules.size)
        ]
        return torch.stack(outputs)


@dataclass(frozen=True)
class NetworkCalls:
    """Runs a group's networks, learning and frozen, on images of its objective's own; see `kdcore.plan.NetworkForward`."""

    active: ActiveGroups
    group: ObjectiveGroup

    def __call__(self, network: str, images: Tensor, learn: bool = True) -> Tensor:
        """Each member's own network on its part of the images, logits [K, N, C]."""
        own = [images[k] if len(images) > 1 else images[0] for k in range(len(self.group.members))]
        with self.active.autocast():
            if (part := self.group.networks.get(network)) is not None:
                program, start = self.active.networks[part.group].program, part.networks.start
                logits = [program.forward_one(start + k, x, learn=learn) for k, x in enumerate(own)]
            else:
                frozen = self.group.frozen.get(network) or [self.active.builder.teacher] * len(own)
                logits = [module(x) for module, x in zip(frozen, own, strict=True)]
        return torch.stack(logits).float()
