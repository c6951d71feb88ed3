"""The networks of a cohort that learn now, grouped by architecture: each group is one program with one optimiser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from kdcore import networks
from kdcore.plan import Output, Stage
from kdcore.recipe import Recipe
from kdcore.system.precision import Precision
from kdcore.training import optimiser
from kdcore.training.cohort_state import CohortState, NetworkState
from kdcore.training.members import NetworkRef
from kdcore.training.network_builder import NetworkBuilder
from kdcore.training.network_program import NetworkProgram, network_program
from kdcore.training.parameter_slots import ParameterSlot
from kdcore.training.sequential_networks import SequentialNetworks
from kdcore.training.side_by_side_step import SideBySideStep
from kdcore.training.stacked_step import StackedStep


@dataclass(frozen=True)
class NetworkGroup:
    """Networks of one architecture, or the modules of one adapter.

    Attributes:
        refs: Which networks they are, in the program's order.
        program: Runs them.
        slots: Their trained tensors.
        optimiser: Trains them.
        points: The feature points that a current objective taps.
        eval_members: The networks, by number, that learn without the run's images.
        fixed: Weights that the current stages leave unchanged, each with the values that it keeps.
    """

    refs: list[NetworkRef]
    program: NetworkProgram
    slots: list[ParameterSlot]
    optimiser: torch.optim.Optimizer
    points: tuple[str, ...] = ()
    eval_members: tuple[int, ...] = ()
    fixed: tuple[tuple[Tensor, Tensor], ...] = ()

    def forward(self, batches: Sequence[Tensor], points: Sequence[str], noise_seeds: Sequence[int]) -> Output:
        """Logits [K, N, C] and features of the group's networks for one batch per stream."""
        return self.program.forward(batches, points, noise_seeds, self.eval_members)

    def step_from_leaves(
        self, batches: Sequence[Tensor], noise_seeds: Sequence[int], precision: Precision
    ) -> StackedStep | SideBySideStep | None:
        """A step whose outputs end the graph and that carries their gradient back itself; None where there is none.

        Stacked perceptrons do so by hand, in float32 and where no objective taps features; other networks side by side.
        """
        program = self.program
        if isinstance(program, SequentialNetworks):
            if program.lanes == 1 or self.eval_members:
                return None
            return SideBySideStep(program, batches, self.points, precision)
        if self.points or precision != "float32" or batches[0].device.type != "cpu":
            return None
        return StackedStep(program, batches, noise_seeds) if program.runs_are_even(len(batches)) else None

    def update(self, recipe: Recipe, rate: float) -> None:
        """One optimiser step at this learning rate; the gradients are dropped after it."""
        optimiser.update(self.optimiser, self.slots, self.program.size, recipe, rate)
        for tensor, values in self.fixed:
            tensor.copy_(values)
        optimiser.clear_gradients(self.slots)

    def states(self) -> Iterator[tuple[NetworkRef, NetworkState]]:
        """Each network's weights and optimiser states; not copies."""
        for k, ref in enumerate(self.refs):
            moments = optimiser.member_states(self.optimiser, self.slots, k)
            yield ref, NetworkState(self.program.state_dict(k), moments)


def network_groups(
    builder: NetworkBuilder,
    stages: Mapping[int, Stage],
    state: CohortState,
    recipe: Recipe,
    stacked: Mapping[str, bool],
) -> list[NetworkGroup]:
    """All networks that these stages train.

    stages: by member, each member's current stage; members that share an objective are neighbours. stacked: by
    architecture, whether its networks run stacked, where that was measured.
    """
    groups = []
    for architecture, refs in _refs_by_architecture(stages).items():
        program = network_program(
            [builder.learning(ref, stages[ref.member], state) for ref in refs],
            [builder.members[ref.member].stream for ref in refs],
            stacked.get(architecture) if _equally_trained(refs, state) else False,
            builder.lanes,
        )
        slots = program.parameter_slots()
        without_images = [k for k, ref in enumerate(refs) if ref.network in stages[ref.member].without_images]
        groups.append(
            NetworkGroup(
                refs,
                program,
                slots,
                _optimiser(refs, slots, state, recipe, builder.device),
                _points(refs, stages),
                tuple(without_images),
                tuple(_fixed_weights(builder, refs, slots, stages)),
            )
        )
    return groups


def adapter_group(
    builder: NetworkBuilder,
    name: str,
    members: Sequence[int],
    stage: Stage,
    state: CohortState,
    recipe: Recipe,
) -> NetworkGroup:
    """An adapter of a stage: one module for each of these members."""
    refs = [NetworkRef(m, f"adapter:{name}") for m in members]
    program = SequentialNetworks([builder.adapter(name, ref, stage, state) for ref in refs])
    slots = program.parameter_slots()
    return NetworkGroup(refs, program, slots, _optimiser(refs, slots, state, recipe, builder.device))


def _refs_by_architecture(stages: Mapping[int, Stage]) -> dict[str, list[NetworkRef]]:
    """The networks that learn, network by network and within one member by member."""
    refs: dict[str, list[NetworkRef]] = {}
    for network in sorted({n for stage in stages.values() for n in stage.learns}):
        for m, stage in stages.items():
            if network in stage.learns:
                refs.setdefault(stage.learns[network], []).append(NetworkRef(m, network))
    return refs


def _equally_trained(refs: Sequence[NetworkRef], state: CohortState) -> bool:
    """Whether the networks' optimisers have all taken the same number of steps: stacked, they count them as one."""
    counts = [{float(n) for n in state.optimiser(ref).get("step", {}).values()} for ref in refs]
    return all(count == counts[0] for count in counts)


def _optimiser(
    refs: Sequence[NetworkRef],
    slots: Sequence[ParameterSlot],
    state: CohortState,
    recipe: Recipe,
    device: str,
) -> torch.optim.Optimizer:
    """The group's optimiser, at its networks' states."""
    built = optimiser.build_optimiser([slot.tensor for slot in slots], recipe, device)
    optimiser.restore_states(built, slots, [state.optimiser(ref) for ref in refs], device)
    return built


def _points(refs: Sequence[NetworkRef], stages: Mapping[int, Stage]) -> tuple[str, ...]:
    """The feature points that any stage taps of networks with these names."""
    names = {ref.network for ref in refs}
    return tuple(sorted({p for stage in stages.values() for name in names for p in stage.taps.get(name, ())}))


def _fixed_weights(
    builder: NetworkBuilder,
    refs: Sequence[NetworkRef],
    slots: Sequence[ParameterSlot],
    stages: Mapping[int, Stage],
) -> Iterator[tuple[Tensor, Tensor]]:
    """The weights before the point up to which a network stays as it is, each with its current values."""
    for k, ref in enumerate(refs):
        stage = stages[ref.member]
        if (point := stage.fixed.get(ref.network)) is None:
            continue
        fixed = networks.weights_before(stage.learns[ref.network], point, builder.shape, builder.classes)
        for slot in slots:
            if slot.name in fixed and slot.member in (None, k):
                tensor = slot.tensor.detach() if slot.member == k else slot.tensor.detach()[k]
                yield tensor, tensor.clone()
