"""Building the networks of a cohort's members: those that learn, those that are frozen, and adapters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import nn

from kdcore import networks
from kdcore.plan import Stage
from kdcore.system.precision import Precision
from kdcore.training.cohort_state import CohortState
from kdcore.training.members import Member, NetworkRef, State, TrainedNetwork, shapes_of


@dataclass
class NetworkBuilder:
    """Builds networks on the device, with first weights by their seed or with those of a state.

    Attributes:
        members: The cohort's members.
        trained: Networks that were trained before and that stages name: `teacher`, and those of earlier phases.
        shape: Of an image: channels, height, width.
        classes: The number of classes.
        device: Where the networks run.
        precision: Of their training steps.
        lanes: How many networks run at once where they do not run stacked.
    """

    members: Sequence[Member]
    trained: Mapping[str, TrainedNetwork]
    shape: tuple[int, int, int]
    classes: int
    device: str
    precision: Precision = "float32"
    lanes: int = 1

    def learning(self, ref: NetworkRef, stage: Stage, state: CohortState) -> nn.Module:
        """A network that this stage trains, at its current weights, or at those that it starts from."""
        architecture = stage.learns[ref.network]
        seed = self.members[ref.member].seed(ref.network)
        network = networks.build(architecture, self.shape, self.classes, seed)
        if weights := state.weights(ref):
            network.load_state_dict(weights)
        elif (source := stage.starts_from.get(ref.network)) is not None:
            networks.taken_over(network, self._weights(NetworkRef(ref.member, source), state))
        return networks.placed(network, architecture, self.device)

    def frozen(self, ref: NetworkRef, state: CohortState) -> nn.Module:
        """A network that was trained before, in eval mode and without gradients."""
        architecture = self.architecture(ref)
        network = networks.build(architecture, self.shape, self.classes, seed=0)
        network.load_state_dict(self._weights(ref, state))
        return networks.placed(network, architecture, self.device).eval().requires_grad_(False)

    @cached_property
    def teacher(self) -> nn.Module:
        """The teacher's network, the same for every member; built when an objective first runs it."""
        return self.frozen(NetworkRef(0, "teacher"), CohortState())

    def adapter(self, name: str, ref: NetworkRef, stage: Stage, state: CohortState) -> nn.Module:
        """An adapter of the stage, built from the sizes of the features of the stage's networks."""
        architectures = {
            n: self.architecture(NetworkRef(ref.member, n)) for n in (*stage.learns, *stage.frozen)
        }
        shapes = shapes_of(architectures, self.shape, self.classes)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.members[ref.member].seed(ref.network))
            module = stage.adapters[name](shapes)
        if weights := state.weights(ref):
            module.load_state_dict(weights)
        return module.to(self.device)

    def architecture(self, ref: NetworkRef) -> str:
        """The table's name of a network that this member's plan trains, or that was trained before it."""
        for stage in self.members[ref.member].stages:
            if ref.network in stage.learns:
                return stage.learns[ref.network]
        return self.trained[ref.network].architecture

    def _weights(self, ref: NetworkRef, state: CohortState) -> State:
        return state.weights(ref) or self.trained[ref.network].weights
