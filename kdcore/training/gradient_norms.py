"""Norms of the gradients at one step: by the side that they come from (labels, teacher, peer), and by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from kdcore.training.gradient_clipping import layer_norms
from kdcore.training.members import NetworkRef
from kdcore.training.network_groups import NetworkGroup
from kdcore.training.step_losses import StepTerms, total


@dataclass
class GradientNorms:
    """One network's: by_side of each side's part of the loss (where it is not 0), by_layer of the whole loss."""

    by_side: dict[str, float] = field(default_factory=dict)
    by_layer: dict[str, float] = field(default_factory=dict)


def gradient_norms(
    groups: Sequence[NetworkGroup], terms: Sequence[StepTerms]
) -> dict[NetworkRef, GradientNorms]:
    """The norms of every network's gradient of these terms; the gradients of the weights stay as they are."""
    norms = {ref: GradientNorms() for group in groups for ref in group.refs}
    for group in groups:
        weights, size = [slot.tensor for slot in group.slots], group.program.size
        whole = [torch.zeros_like(tensor) for tensor in weights]
        for side in sorted({term.side for term in terms}):
            loss = total([term for term in terms if term.side == side])
            gradients = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
            side_norms = layer_norms(group.slots, gradients, size)
            for k, ref in enumerate(group.refs):
                if (norm := _whole_norm(_of(side_norms, k))) > 0:
                    norms[ref].by_side[side] = norm
            whole = [w if g is None else w.add_(g) for w, g in zip(whole, gradients, strict=True)]
        by_layer = layer_norms(group.slots, whole, size)
        for k, ref in enumerate(group.refs):
            norms[ref].by_layer.update(_of(by_layer, k))
    return norms


def _of(norms: Mapping[str, Tensor], network: int) -> dict[str, float]:
    return {layer: float(norm[network]) for layer, norm in norms.items()}


def _whole_norm(by_layer: Mapping[str, float]) -> float:
    return float(sum(norm * norm for norm in by_layer.values()) ** 0.5)
