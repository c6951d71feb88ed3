"""A cohort's networks in its current stages: grouped by architecture to run, and by objective to learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from kdcore.recipe import Recipe
from kdcore.system.precision import autocast
from kdcore.training.cohort_state import CohortState, NetworkState
from kdcore.training.members import NetworkRef
from kdcore.training.network_builder import NetworkBuilder
from kdcore.training.network_groups import NetworkGroup, network_groups
from kdcore.training.objective_groups import ObjectiveGroup, objective_groups, objective_key


@dataclass(frozen=True)
class ActiveGroups:
    """All networks of the current stages; the members of one objective are neighbours in every network group."""

    builder: NetworkBuilder
    networks: Sequence[NetworkGroup] = ()
    objectives: Sequence[ObjectiveGroup] = ()

    @property
    def device(self) -> str:
        """Where they run."""
        return self.builder.device

    def autocast(self) -> AbstractContextManager[object]:
        """Forward passes of training in the precision of its steps."""
        return autocast(self.builder.device, self.builder.precision)

    @property
    def trained(self) -> list[NetworkGroup]:
        """All groups that have an optimiser: networks and adapters."""
        return [*self.networks, *(group for o in self.objectives for group in o.adapters.values())]

    @property
    def refs(self) -> list[NetworkRef]:
        """All networks that learn now."""
        return [ref for group in self.networks for ref in group.refs]

    @torch.inference_mode()
    def logits(self, images: Tensor) -> dict[NetworkRef, Tensor]:
        """Every network's logits [n, C] for images [n, ...], in eval mode and in float32, as whoever uses it will."""
        logits: dict[NetworkRef, Tensor] = {}
        for group in self.networks:
            stacked = group.program.evaluate(images)
            logits |= {ref: stacked[k] for k, ref in enumerate(group.refs)}
        return logits

    def weights(self, ref: NetworkRef) -> dict[str, Tensor]:
        """The weights and buffers of one network; not copies."""
        group = next(g for g in self.networks if ref in g.refs)
        return group.program.state_dict(group.refs.index(ref))

    def state(self, earlier: CohortState) -> CohortState:
        """The current networks' states and notes, with those of earlier stages; not copies."""
        networks: dict[NetworkRef, NetworkState] = dict(earlier.networks)
        for group in self.trained:
            networks |= dict(group.states())
        notes = dict(earlier.notes)
        for objective in self.objectives:
            for k, m in enumerate(objective.members):
                notes[m] = {name: note[k] for name, note in objective.notes.items()}
        return CohortState(networks, notes)


def active_groups(
    builder: NetworkBuilder,
    stages: Mapping[int, int],
    state: CohortState,
    recipe: Recipe,
    stacked: Mapping[str, bool],
) -> ActiveGroups:
    """The groups of these members in these stages (its index, by member), their networks at this state.

    stacked: by architecture, whether its networks run stacked, where that was measured.
    """
    members = builder.members
    order = sorted(stages, key=lambda m: (*objective_key(members[m], stages[m]), m))
    current = {m: members[m].stages[stages[m]] for m in order}
    groups = network_groups(builder, current, state, recipe, stacked)
    neighbours = [[*own] for _, own in groupby(order, lambda m: objective_key(members[m], stages[m]))]
    return ActiveGroups(
        builder, groups, objective_groups(builder, groups, neighbours, current, state, recipe)
    )
