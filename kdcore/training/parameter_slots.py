"""The trained tensors of networks that run side by side, and modules called with weights other than their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class ParameterSlot:
    """A trained tensor and its name in a single network.

    `member` is the number of the one network it belongs to, or None where its leading dimension runs over all networks.
    """

    name: str
    tensor: Tensor
    member: int | None


def call_with_weights(module: nn.Module, inputs: Sequence[Tensor], weights: Mapping[str, Tensor]) -> Tensor:
    """The module's output with these weights in place of its own; with its own where none are given."""
    outputs: Tensor
    if not weights:
        outputs = module(*inputs)
    else:
        outputs = torch.func.functional_call(module, dict(weights), tuple(inputs))
    return outputs


def detached(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same weights, receiving no gradient."""
    return {name: tensor.detach() for name, tensor in weights.items()}
