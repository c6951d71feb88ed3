"""Which members share an objective now, the programs that run their networks, and what one step of them gave."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from kdcore.plan import Side, Stage
from kdcore.training.members import NetworkRef
from kdcore.training.stacked_networks import NetworkProgram, ParameterSlot


@dataclass
class NetworkGroup:
    """Seats of one architecture: the program that runs them and the optimiser that trains them.

    fixed: weights that this stage leaves as they are, each with the values that it keeps.
    """

    seats: list[NetworkRef]
    program: NetworkProgram
    slots: list[ParameterSlot]
    optimiser: torch.optim.Optimizer
    fixed: list[tuple[Tensor, Tensor]]


@dataclass
class ObjectiveGroup:
    """Members that share an objective and a lane now; each of their networks is a run of neighbours in one group.

    adapters: each a group of its own, one module a member. frozen: networks of earlier stages, one a member.
    """

    members: list[int]
    stage: Stage
    where: dict[str, tuple[int, slice]]
    temperature: Tensor
    teacher_weight: Tensor
    adapters: dict[str, NetworkGroup]
    frozen: dict[str, list[nn.Module]]
    notes: dict[str, Tensor] = field(default_factory=dict)


@dataclass
class StepTerms:
    """One step's loss terms, not yet read from the device: raw and scaled, one value a member of the crew."""

    crew: ObjectiveGroup
    network: str
    name: str
    side: Side
    raw: Tensor
    scaled: Tensor


@dataclass
class StepFigure:
    """One step's figure of a method, not yet read from the device: one value a member of the crew."""

    crew: ObjectiveGroup
    network: str
    name: str
    value: Tensor


@dataclass
class StepDrawing:
    """Images that a method made at one step, for whoever looks: for all members of the crew at once, or for each."""

    crew: ObjectiveGroup
    network: str
    images: Tensor
    classes: Tensor

    def of(self, member: int) -> tuple[Tensor, Tensor]:
        """A member's images [P, ...] and their classes [P]."""
        k = self.crew.members.index(member)
        each = self.images.dim() == 5
        return (self.images[k], self.classes[k]) if each else (self.images, self.classes)


@dataclass
class Step:
    """What one batch gave: the terms of the loss, what was measured on the way, and what can be looked at."""

    terms: list[StepTerms]
    figures: list[StepFigure]
    drawings: list[StepDrawing] = field(default_factory=list)
