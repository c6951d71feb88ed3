"""The losses of one step: a batch goes through all networks, and each objective makes its terms of the outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from kdcore.errors import UnfinishedMethod
from kdcore.plan import Drawing, Figure, Output, Side, Term
from kdcore.training.active_groups import ActiveGroups
from kdcore.training.data_stream import StreamBatch
from kdcore.training.objective_batch import objective_batch
from kdcore.training.objective_groups import ObjectiveGroup
from kdcore.training.smoothness import squared_changes


@dataclass(frozen=True)
class StepTerms:
    """One loss term of one step, not yet read from the device: [K], one value per member of the group; with its graph."""

    group: ObjectiveGroup
    network: str
    name: str
    side: Side
    raw: Tensor
    scale: Tensor | float

    @property
    def scaled(self) -> Tensor:
        """The term as it enters the sum."""
        return self.scale * self.raw

    @property
    def scales(self) -> Tensor:
        """The factor of each member, [K]."""
        if isinstance(self.scale, Tensor):
            return self.scale.expand_as(self.raw)
        return torch.full_like(self.raw, self.scale)

    def detached(self) -> StepTerms:
        """The same without its graph."""
        scale = self.scale.detach() if isinstance(self.scale, Tensor) else self.scale
        return StepTerms(self.group, self.network, self.name, self.side, self.raw.detach(), scale)


@dataclass(frozen=True)
class StepFigure:
    """One figure of a method at one step, not yet read from the device: [K], one value per member of the group."""

    group: ObjectiveGroup
    network: str
    name: str
    value: Tensor


@dataclass(frozen=True)
class StepDrawing:
    """Images that a method made at one step, the same for all members of the group or with a leading [K]."""

    group: ObjectiveGroup
    network: str
    images: Tensor
    classes: Tensor

    def of(self, member: int) -> tuple[Tensor, Tensor]:
        """A member's images [P, ...] and their classes [P]."""
        k = self.group.members.index(member)
        per_member = self.images.dim() == 5
        return (self.images[k], self.classes[k]) if per_member else (self.images, self.classes)


@dataclass
class StepLosses:
    """What one step gave: the terms of the loss, a method's figures, and its drawings."""

    terms: list[StepTerms] = field(default_factory=list)
    figures: list[StepFigure] = field(default_factory=list)
    drawings: list[StepDrawing] = field(default_factory=list)

    def add(self, group: ObjectiveGroup, result: Term | Figure | Drawing) -> None:
        """Add one result of a group's objective.

        Raises:
            UnfinishedMethod: a value that is not [K].
        """
        match result:
            case Drawing():
                images, classes = result.images.detach(), result.classes.detach()
                self.drawings.append(StepDrawing(group, result.network, images, classes))
            case Figure():
                _check_shape(result.name, result.value, group)
                self.figures.append(StepFigure(group, result.network, result.name, result.value.detach()))
            case Term():
                _check_shape(result.name, result.raw, group)
                self.terms.append(
                    StepTerms(group, result.network, result.name, result.side, result.raw, result.scale)
                )

    def without_graphs(self) -> StepLosses:
        """The same, holding on to nothing that the step was computed from."""
        return StepLosses([term.detached() for term in self.terms], self.figures, self.drawings)


def total(terms: Sequence[StepTerms]) -> Tensor:
    """The sum over all terms and members; members share no weights, so each receives its own gradient."""
    return torch.cat([term.scaled for term in terms]).sum()


def step_losses(
    active: ActiveGroups,
    batches: Sequence[StreamBatch],
    outputs: Sequence[Output],
    progress: float,
    smoothness: float,
) -> StepLosses:
    """The loss terms of one step, with their graph, and its figures and drawings.

    batches: one per data stream. outputs: of the networks, by group. progress: share of the run, 0 to 1. smoothness: the
    recipe's weight.
    """
    losses = StepLosses(_smoothness_terms(active, batches, outputs, smoothness))
    for group in active.objectives:
        for result in group.stage.objective(
            objective_batch(active, group, batches[group.stream], outputs, progress)
        ):
            losses.add(group, result)
    return losses


def _smoothness_terms(
    active: ActiveGroups, batches: Sequence[StreamBatch], outputs: Sequence[Output], weight: float
) -> list[StepTerms]:
    """A term for every network that sees the run's images, where the recipe has such a weight."""
    if not weight:
        return []
    changes = squared_changes(active, batches, outputs)
    terms = []
    for group in active.objectives:
        for network, part in group.networks_on_images.items():
            raw = changes[part.group][part.networks]
            terms.append(StepTerms(group, network, "smoothness", "labels", raw, weight))
    return terms


def _check_shape(name: str, value: Tensor, group: ObjectiveGroup) -> None:
    members = len(group.members)
    if value.shape != (members,):
        raise UnfinishedMethod(
            f"The stage '{group.stage.name}' gives '{name}' the shape {list(value.shape)}: it is to be [{members}], "
            "a value for each run that learns here."
        )
