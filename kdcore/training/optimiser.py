"""The optimiser of a group of networks: building it, one update, and moving its state in and out of a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.optim.adamw import adamw

from kdcore.recipe import Recipe
from kdcore.training.gradient_clipping import add_l1, clip
from kdcore.training.members import State
from kdcore.training.parameter_slots import ParameterSlot
from kdcore.training.weight_constraint import shorten_weights

MOMENTUM = "momentum_buffer"
"""What torch calls the state of SGD."""
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
    """One step at this learning rate: gradients clipped, the L1 penalty's added, weights shortened as the recipe says."""
    if recipe.clip_norm:
        clip(slots, size, recipe.clip_norm)
    for settings in optimiser.param_groups:
        settings["lr"] = rate
    if recipe.l1:
        add_l1(slots, recipe.l1)
    if not _step_adamw(optimiser):
        optimiser.step()
    if recipe.max_norm:
        shorten_weights(slots, recipe.max_norm)


def _step_adamw(optimiser: torch.optim.Optimizer) -> bool:
    """One step of a fused AdamW whose states exist, and whether it is one: half of what `step` takes is housekeeping."""
    [group] = optimiser.param_groups
    trained = [tensor for tensor in group["params"] if tensor.grad is not None]
    states: list[dict[str, Tensor]] = [optimiser.state.get(tensor) or {} for tensor in trained]
    if not isinstance(optimiser, torch.optim.AdamW) or not group["fused"] or not all(states):
        return False
    beta1, beta2 = group["betas"]
    with torch.no_grad():
        adamw(
            trained,
            [tensor.grad for tensor in trained],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            fused=True,
            amsgrad=False,
            beta1=beta1,
            beta2=beta2,
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            maximize=False,
        )
    return True


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
        for name in {name for by_name in own for name, kept in by_name.items() if slot.name in kept}:
            parts = [by_name.get(name, {}).get(slot.name) for by_name in own]
            optimiser.state[slot.tensor][name] = _joined(slot, parts, device)
    _complete_momentum(optimiser, slots)


def _complete_momentum(optimiser: torch.optim.Optimizer, slots: Sequence[ParameterSlot]) -> None:
    """Let fresh networks beside others start with a momentum of zero: fused SGD takes one of all tensors or of none."""
    if any(MOMENTUM in state for state in optimiser.state.values()):
        for slot in slots:
            state = optimiser.state[slot.tensor]
            state.setdefault(MOMENTUM, torch.zeros_like(slot.tensor, requires_grad=False))


def _joined(slot: ParameterSlot, parts: Sequence[Tensor | None], device: str) -> Tensor:
    """The state of one slot from its networks' parts; None of a network that starts fresh, which has zeros.

    A count of steps is the same for all of them.
    """
    known = next(part for part in parts if part is not None)
    if known.dim() == 0 and slot.tensor.dim() > 0:
        return known.clone().to(device if device in FUSED else "cpu")
    filled = [torch.zeros_like(known) if part is None else part for part in parts]
    joined = filled[0] if slot.member is not None else torch.stack(filled)
    # A fused optimiser walks weights and state side by side in memory: both need one layout.
    return torch.empty_like(slot.tensor, requires_grad=False).copy_(joined.to(device))
