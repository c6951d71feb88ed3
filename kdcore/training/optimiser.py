"""The optimiser of a group of networks: building it, one update, and moving its state in and out of a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from kdcore.experiment import Recipe
from kdcore.training.gradient_clipping import add_l1, clip
from kdcore.training.members import State
from kdcore.training.parameter_slots import ParameterSlot

FUSED = ("cpu", "cuda")
"""Devices whose optimisers update all weights in one kernel; their step counts are on the device as well."""


def build_optimiser(tensors: list[Tensor], recipe: Recipe, device: str) -> torch.optim.Optimizer:
    """The recipe's optimiser over these tensors."""
    fused = device in FUSED
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(
            tensors, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=fused
        )
    return torch.optim.SGD(
        tensors,
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        nesterov=recipe.momentum > 0,
        weight_decay=recipe.weight_decay,
        fused=fused,
    )


def update(
    optimiser: torch.optim.Optimizer, slots: Sequence[ParameterSlot], size: int, recipe: Recipe, rate: float
) -> None:
    """One step at this learning rate, with the gradients clipped and the L1 penalty's added as the recipe says."""
    if recipe.clip_norm:
        clip(slots, size, recipe.clip_norm)
    for settings in optimiser.param_groups:
        settings["lr"] = rate
    if recipe.l1:
        add_l1(slots, recipe.l1)
    optimiser.step()


def clear_gradients(slots: Sequence[ParameterSlot]) -> None:
    """Drop all gradients."""
    for slot in slots:
        slot.tensor.grad = None


def member_states(
    optimiser: torch.optim.Optimizer, slots: Sequence[ParameterSlot], member: int
) -> dict[str, State]:
    """One network's optimiser states, by their name in torch and then by the parameter's; not copies."""
    states: dict[str, State] = {}
    for slot in slots:
        if slot.member not in (None, member):
            continue
        for name, value in optimiser.state.get(slot.tensor, {}).items():
            stacked = slot.member is None and value.dim() == slot.tensor.dim()
            states.setdefault(name, {})[slot.name] = value[member] if stacked else value
    return states


def restore_states(
    optimiser: torch.optim.Optimizer,
    slots: Sequence[ParameterSlot],
    states: Sequence[Mapping[str, State]],
    device: str,
) -> None:
    """Give the optimiser the states that `member_states` gave for each network; a network without any starts fresh."""
    for slot in slots:
        own = states if slot.member is None else [states[slot.member]]
        parts: dict[str, list[Tensor]] = {}
        for by_name in own:
            for name, by_parameter in by_name.items():
                if slot.name in by_parameter:
                    parts.setdefault(name, []).append(by_parameter[slot.name])
        for name, tensors in parts.items():
            optimiser.state[slot.tensor][name] = _joined(slot, tensors, device)


def _joined(slot: ParameterSlot, parts: Sequence[Tensor], device: str) -> Tensor:
    """The state of one slot from its networks' parts; a count of steps is the same for all of them."""
    if parts[0].dim() == 0 and slot.tensor.dim() > 0:
        return parts[0].clone().to(device if device in FUSED else "cpu")
    joined = parts[0] if slot.member is not None else torch.stack(list(parts))
    # A fused optimiser walks weights and state side by side in memory: both need one layout.
    return torch.empty_like(slot.tensor, requires_grad=False).copy_(joined.to(device))
