"""The state of a cohort between stages and in a checkpoint: weights, optimiser states, and what stages prepared."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from torch import Tensor

from kdcore.training.members import NetworkRef, State

Kind = Literal["weights", "optimiser", "notes"]


@dataclass(frozen=True)
class StateKey:
    """The name of one tensor in a checkpoint: `role/network/kind/name`.

    Attributes:
        role: The member's role.
        network: The network's name in the plan, `adapter:<name>` for an adapter, empty for notes.
        kind: What the tensor is.
        name: The parameter or buffer; of an optimiser state `<its name>/<parameter>`, of notes their name.
    """

    role: str
    network: str
    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.role}/{self.network}/{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> StateKey:
        """Read what `str` wrote.

        Raises:
            ValueError: the text names no tensor of a cohort.
        """
        match text.split("/", 3):
            case [role, network, ("weights" | "optimiser" | "notes") as kind, name]:
                return cls(role, network, kind, name)
            case _:
                raise ValueError(f"'{text}' names no tensor of a cohort.")


@dataclass
class NetworkState:
    """One network's weights and buffers, and its optimiser's states: by their name, then by the parameter's."""

    weights: State = field(default_factory=dict)
    optimiser: dict[str, State] = field(default_factory=dict)


@dataclass(frozen=True)
class CohortState:
    """The state of every network that was ever trained, and each member's notes of its current stage; not copies."""

    networks: Mapping[NetworkRef, NetworkState] = field(default_factory=dict)
    notes: Mapping[int, State] = field(default_factory=dict)

    def weights(self, ref: NetworkRef) -> State:
        """A network's weights; empty where it was never trained."""
        return self.networks[ref].weights if ref in self.networks else {}

    def optimiser(self, ref: NetworkRef) -> Mapping[str, State]:
        """A network's optimiser states; empty where it was never trained."""
        return self.networks[ref].optimiser if ref in self.networks else {}

    def without_members(self, members: Collection[int]) -> CohortState:
        """Everything but what belongs to these members."""
        return CohortState(
            {ref: state for ref, state in self.networks.items() if ref.member not in members},
            {member: notes for member, notes in self.notes.items() if member not in members},
        )

    def without_notes(self, members: Collection[int]) -> CohortState:
        """Everything but these members' notes."""
        return replace(self, notes={m: notes for m, notes in self.notes.items() if m not in members})

    def to_tensors(self, roles: Sequence[str]) -> State:
        """The tensors as a checkpoint names them; roles: the members'."""
        tensors: dict[StateKey, Tensor] = {}
        for ref, state in self.networks.items():
            role = roles[ref.member]
            for name, tensor in state.weights.items():
                tensors[StateKey(role, ref.network, "weights", name)] = tensor
            for moment, by_parameter in state.optimiser.items():
                for name, tensor in by_parameter.items():
                    tensors[StateKey(role, ref.network, "optimiser", f"{moment}/{name}")] = tensor
        for member, notes in self.notes.items():
            for name, tensor in notes.items():
                tensors[StateKey(roles[member], "", "notes", name)] = tensor
        return {str(key): tensor for key, tensor in tensors.items()}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], roles: Sequence[str]) -> CohortState:
        """Read what `to_tensors` wrote.

        Raises:
            ValueError: a name that it does not write, or a role that is not among `roles`.
        """
        networks: dict[NetworkRef, NetworkState] = {}
        notes: dict[int, State] = {}
        for text, tensor in tensors.items():
            key = StateKey.parse(text)
            member = roles.index(key.role)
            state = (
                networks.setdefault(NetworkRef(member, key.network), NetworkState()) if key.network else None
            )
            if state is None:
                notes.setdefault(member, {})[key.name] = tensor
            elif key.kind == "weights":
                state.weights[key.name] = tensor
            else:
                moment, _, parameter = key.name.partition("/")
                state.optimiser.setdefault(moment, {})[parameter] = tensor
        return cls(networks, notes)
