"""Gradients of trained tensors: their norms by layer, clipping, and L1."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from kdcore.training.stacked_networks import ParameterSlot


def norms(slots: Sequence[ParameterSlot], gradients: Sequence[Tensor | None], size: int) -> dict[str, Tensor]:
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


def clip(slots: Sequence[ParameterSlot], size: int, longest: float) -> None:
    """Shorten each member's gradient to at most `longest`, as `torch.nn.utils.clip_grad_norm_` does for one network."""
    total = (
        torch.stack([n.square() for n in norms(slots, [s.tensor.grad for s in slots], size).values()])
        .sum(dim=0)
        .sqrt()
    )
    factor = (longest / (total + 1e-6)).clamp(max=1.0)
    for slot in slots:
        if slot.tensor.grad is not None:
            own = factor if slot.member is None else factor[slot.member : slot.member + 1]
            slot.tensor.grad.mul_(
                own.reshape(-1, *[1] * (slot.tensor.dim() - 1)) if slot.member is None else own
            )


def add_l1(slots: Sequence[ParameterSlot], weight: float) -> None:
    """Add the gradient of `weight` times the sum of the weights' sizes (0 where nothing was learned)."""
    for slot in slots:
        if slot.tensor.grad is not None:
            slot.tensor.grad.add_(slot.tensor.detach().sign(), alpha=weight)
