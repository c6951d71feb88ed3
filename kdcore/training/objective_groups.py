"""The members of a cohort grouped by objective: members whose losses are computed as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from kdcore.plan import Stage
from kdcore.recipe import Recipe
from kdcore.training.cohort_state import CohortState
from kdcore.training.members import Member, NetworkRef
from kdcore.training.network_builder import NetworkBuilder
from kdcore.training.network_groups import NetworkGroup, adapter_group


@dataclass(frozen=True)
class GroupSlice:
    """Neighbouring networks of one network group: the group's index, and which of its networks."""

    group: int
    networks: slice


@dataclass
class ObjectiveGroup:
    """Members that share an objective, a stage and a data stream now; K of them.

    Attributes:
        members: The members' indices in the cohort.
        stage: Their current stage.
        stream: The number of their data stream.
        label_smoothing: The probability spread over all classes in the labels.
        networks: Where the networks that learn are, by their name in the plan.
        temperature: [K].
        teacher_weight: [K].
        adapters: By name, each with one module per member.
        frozen: Networks of earlier stages, by name, one per member.
        notes: What the stage prepared, each [K, n, ...].
    """

    members: list[int]
    stage: Stage
    stream: int
    label_smoothing: float
    networks: dict[str, GroupSlice]
    temperature: Tensor
    teacher_weight: Tensor
    adapters: dict[str, NetworkGroup]
    frozen: dict[str, list[nn.Module]]
    notes: dict[str, Tensor] = field(default_factory=dict)

    @property
    def networks_on_images(self) -> dict[str, GroupSlice]:
        """The networks that see the run's images."""
        return {n: part for n, part in self.networks.items() if n not in self.stage.without_images}

    def set_hot_values(self, members: Sequence[Member], device: str) -> None:
        """Take the temperature and the weight on teacher from the cohort's members."""
        self.temperature, self.teacher_weight = _hot_values([members[m] for m in self.members], device)


def objective_key(member: Member, stage: int) -> tuple[int, str, int]:
    """Equal for members whose losses are computed as one: data stream, objective and stage."""
    return member.stream, member.key, stage


def objective_groups(
    builder: NetworkBuilder,
    groups: Sequence[NetworkGroup],
    members: Sequence[Sequence[int]],
    stages: Mapping[int, Stage],
    state: CohortState,
    recipe: Recipe,
) -> list[ObjectiveGroup]:
    """One group for each list of members; stages: by member, each member's current stage."""
    return [_objective_group(builder, groups, list(own), stages[own[0]], state, recipe) for own in members]


def _objective_group(
    builder: NetworkBuilder,
    groups: Sequence[NetworkGroup],
    members: list[int],
    stage: Stage,
    state: CohortState,
    recipe: Recipe,
) -> ObjectiveGroup:
    first, device = builder.members[members[0]], builder.device
    earlier = [name for name in stage.frozen if name != "teacher"]  # the teacher runs once for all members
    temperature, teacher_weight = _hot_values([builder.members[m] for m in members], device)
    return ObjectiveGroup(
        members,
        stage,
        first.stream,
        first.label_smoothing,
        _slices(groups, members),
        temperature,
        teacher_weight,
        {name: adapter_group(builder, name, members, stage, state, recipe) for name in stage.adapters},
        {name: [builder.frozen(NetworkRef(m, name), state) for m in members] for name in earlier},
        _notes(members, state, device),
    )


def _hot_values(members: Sequence[Member], device: str) -> tuple[Tensor, Tensor]:
    temperature = torch.tensor([member.temperature for member in members], device=device)
    return temperature, torch.tensor([member.teacher_weight for member in members], device=device)


def _slices(groups: Sequence[NetworkGroup], members: Sequence[int]) -> dict[str, GroupSlice]:
    """Where these members' networks are, by name: the members of an objective are neighbours in every group."""
    slices: dict[str, GroupSlice] = {}
    for g, group in enumerate(groups):
        for i, ref in enumerate(group.refs):
            if ref.member in members:
                start = slices[ref.network].networks.start if ref.network in slices else i
                slices[ref.network] = GroupSlice(g, slice(start, i + 1))
    return slices


def _notes(members: Sequence[int], state: CohortState, device: str) -> dict[str, Tensor]:
    """The notes that the state has of these members."""
    own = [state.notes.get(m, {}) for m in members]
    return {name: torch.stack([notes[name] for notes in own]).to(device) for name in own[0]}
