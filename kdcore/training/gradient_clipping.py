"""What happens to gradients before an update: their norms by layer, clipping, and the gradient of an L1 penalty."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from kdcore.training.parameter_slots import ParameterSlot


def layer_norms(
    slots: Sequence[ParameterSlot], gradients: Sequence[Tensor | None], size: int
) -> dict[str, Tensor]:
    """The Euclidean norm of each layer's gradient, [K] by the layer's name (weights and biases as one)."""
    squares: dict[str, Tensor] = {}
    for slot, gradient in zip(slots, gradients, strict=True):
        if gradient is None:
            continue
        layer = slot.name.rpartition(".")[0]
        total = squares.setdefault(layer, torch.zeros(size, device=gradient.device))
        if slot.member is None:
            total += gradient.detach().float().flatten(1).square().sum(dim=1)
        else:
            total[slot.member] += gradient.detach().float().square().sum()
    return {layer: square.sqrt() for layer, square in squares.items()}


def clip(slots: Sequence[ParameterSlot], size: int, max_norm: float) -> None:
    """Scale each network's gradient to a norm of at most `max_norm`, as `torch.nn.utils.clip_grad_norm_` does for one."""
    norms = layer_norms(slots, [slot.tensor.grad for slot in slots], size)
    if not norms:  # an adapter that the loss did without
        return
    total = torch.stack([norm.square() for norm in norms.values()]).sum(dim=0).sqrt()
    factor = (max_norm / (total + 1e-6)).clamp(max=1.0)
    for slot in slots:
        if slot.tensor.grad is None:
            continue
        if slot.member is None:
            slot.tensor.grad.mul_(factor.reshape(-1, *[1] * (slot.tensor.dim() - 1)))
        else:
            slot.tensor.grad.mul_(factor[slot.member])


def add_l1(slots: Sequence[ParameterSlot], weight: float) -> None:
    """Add the gradient of `weight` times the sum of the weights' absolute values, where there is a gradient."""
    for slot in slots:
        if slot.tensor.grad is not None:
            slot.tensor.grad.add_(slot.tensor.detach().sign(), alpha=weight)
