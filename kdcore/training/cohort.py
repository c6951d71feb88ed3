"""A cohort: the networks that learn in lockstep, with their optimisers, at one point of training.

Networks of one architecture run as one program, and members that share a plan share its objective. What a member learns
does not depend on which others learn beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from kdcore.plan import Notes
from kdcore.recipe import Recipe
from kdcore.system.precision import Precision
from kdcore.training.active_groups import ActiveGroups, active_groups
from kdcore.training.cohort_state import CohortState, NetworkState
from kdcore.training.data_stream import DataStream, StreamBatch
from kdcore.training.forward_pass import outputs_with_graph, training_forward
from kdcore.training.gradient_norms import GradientNorms, gradient_norms
from kdcore.training.loss_backward import backward
from kdcore.training.members import Member, NetworkRef, State, TrainedNetwork
from kdcore.training.network_builder import NetworkBuilder
from kdcore.training.stage_preparation import prepare_stages
from kdcore.training.step_losses import StepLosses, step_losses


class Cohort:
    """All members' networks; `enter` puts them into their stages' groups, `step` trains them on one batch."""

    def __init__(
        self,
        members: Sequence[Member],
        recipe: Recipe,
        shape: tuple[int, int, int],
        classes: int,
        device: str,
        trained_networks: Mapping[str, TrainedNetwork] | None = None,
        stacked: Mapping[str, bool] | None = None,
        precision: Precision = "float32",
        lanes: int = 1,
    ) -> None:
        """`trained_networks`: those that were trained before and that stages name: `teacher`, and those of earlier phases.

        stacked: by architecture, whether its networks run stacked, where that was measured. precision: of its steps;
        losses and validation are in float32. lanes: how many networks run at once where they do not run stacked.
        """
        self.members, self.recipe, self.stacked = list(members), recipe, dict(stacked or {})
        self.stages = [-1] * len(self.members)
        self.absent: set[int] = set()
        builder = NetworkBuilder(
            self.members, dict(trained_networks or {}), shape, classes, device, precision, lanes
        )
        self.active = ActiveGroups(builder)
        self._inactive = _given(self.members, builder.trained)

    # ---- stages and members -------------------------------------------------------------------------------------

    def enter(self, stages: Sequence[int], state: State | None = None) -> None:
        """Group the networks for these stages (one index per member), at a checkpoint's state or at their own."""
        if state is None:
            leaving = [m for m, stage in enumerate(stages) if stage != self.stages[m]]
            restored = self._state().without_notes(leaving)
        else:
            restored = CohortState.from_tensors(state, self._roles)
        self.stages, self._inactive = list(stages), restored
        present = {m: stage for m, stage in enumerate(stages) if m not in self.absent}
        self.active = active_groups(self.active.builder, present, restored, self.recipe, self.stacked)

    def prepare(self, streams: Sequence[DataStream], entering: Sequence[int]) -> dict[int, Notes]:
        """Let the stages that these members enter fix what they need; returns the notes by member."""
        return prepare_stages(self.active, streams, entering)

    def leave(self, members: Sequence[int]) -> None:
        """Take members out before the end: they train no more, and nothing of them is kept."""
        self.absent |= {*members}
        self.enter(self.stages)
        self._inactive = self._inactive.without_members(members)

    def change(self, setting: str, value: float) -> None:
        """Give every member a new `temperature` or `teacher_weight`, from the next step on."""
        for member in self.members:
            setattr(member, setting, value)
        for group in self.active.objectives:
            group.set_hot_values(self.members, self.active.device)

    # ---- training -----------------------------------------------------------------------------------------------

    def step(self, batches: Sequence[StreamBatch], rate: float, progress: float) -> StepLosses:
        """Train every network on its stream's batch; the losses are not yet read from the device."""
        forward = training_forward(self.active, batches, self.recipe.smoothness)
        losses = step_losses(self.active, batches, forward.outputs, progress, self.recipe.smoothness)
        backward(losses.terms)
        for step in forward.from_leaves:
            step.carry_back()
        for group in self.active.trained:
            group.update(self.recipe, rate)
        return losses.without_graphs()

    def losses(self, batches: Sequence[StreamBatch], progress: float) -> StepLosses:
        """The loss terms of one step (a batch per stream), with their graph, and its figures."""
        outputs = outputs_with_graph(self.active, batches)
        return step_losses(self.active, batches, outputs, progress, self.recipe.smoothness)

    def gradient_norms(
        self, batches: Sequence[StreamBatch], progress: float
    ) -> dict[NetworkRef, GradientNorms]:
        """Norms of each network's gradient at one step. Changes no weight and no batch statistics."""
        buffers = [buffer for group in self.active.trained for buffer in group.program.buffers()]
        before = [buffer.clone() for buffer in buffers]
        norms = gradient_norms(self.active.networks, self.losses(batches, progress).terms)
        for buffer, value in zip(buffers, before, strict=True):
            buffer.copy_(value)
        return norms

    # ---- networks -----------------------------------------------------------------------------------------------

    def logits(self, images: Tensor) -> dict[NetworkRef, Tensor]:
        """Every active network's logits [n, C] for images [n, ...], in eval mode."""
        return self.active.logits(images)

    def role(self, ref: NetworkRef) -> str:
        """What events call a network."""
        return self.members[ref.member].network_role(ref.network)

    def weights(self, ref: NetworkRef) -> State:
        """The weights and buffers of an active network, named as in its architecture; not copies."""
        return self.active.weights(ref)

    def trained(self) -> dict[str, TrainedNetwork]:
        """Every network that was trained here, by its name in the plan, at its last weights; copies."""
        networks: dict[str, TrainedNetwork] = {}
        for m, member in enumerate(self.members):
            for name, architecture in {k: v for s in member.stages for k, v in s.learns.items()}.items():
                weights = self._last_weights(NetworkRef(m, name))
                copies = {n: tensor.detach().clone() for n, tensor in weights.items()}
                networks[name] = TrainedNetwork(architecture, copies)
        return networks

    def earlier(self) -> dict[str, TrainedNetwork]:
        """Networks that were trained and do not learn now, by role, at their last weights; not copies."""
        networks: dict[str, TrainedNetwork] = {}
        builder, active = self.active.builder, {*self.active.refs}
        for m, member in enumerate(self.members):
            names = {name for stage in member.stages for name in stage.learns}
            for name in sorted(names | builder.trained.keys() - {"teacher"}):
                ref = NetworkRef(m, name)
                if ref not in active and (weights := self._inactive.weights(ref)):
                    networks[self.role(ref)] = TrainedNetwork(builder.architecture(ref), weights)
        return networks

    def _last_weights(self, ref: NetworkRef) -> State:
        return self.weights(ref) if ref in self.active.refs else self._inactive.weights(ref)

    # ---- state --------------------------------------------------------------------------------------------------

    def state(self) -> State:
        """All networks' weights and optimiser states, those of earlier stages too, and the notes; not copies."""
        return self._state().to_tensors(self._roles)

    def _state(self) -> CohortState:
        return self.active.state(self._inactive)

    @property
    def _roles(self) -> list[str]:
        return [member.role for member in self.members]


def _given(members: Sequence[Member], trained: Mapping[str, TrainedNetwork]) -> CohortState:
    """The networks that were trained before, for each member whose plan names one of them."""
    earlier = trained.keys() - {"teacher"}
    networks: dict[NetworkRef, NetworkState] = {}
    for m, member in enumerate(members):
        named = {n for stage in member.stages for n in (*stage.frozen, *stage.starts_from.values())}
        if named & earlier:
            networks |= {NetworkRef(m, name): NetworkState(dict(trained[name].weights)) for name in earlier}
    return CohortState(networks)
