"""Building a network: its first weights from a seed, and its place on a device."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from kdcore.networks.low_rank_mlp import LowRankMLP
from kdcore.networks.network_entry import Shape
from kdcore.networks.refusals import accepted
from kdcore.networks.table import is_named_by_size


def build(name: str, shape: Shape, classes: int, seed: int) -> nn.Module:
    """A network with first weights that depend on these four alone; torch's own random state is left as it was.

    It takes images [N, *shape], gives logits [N, classes], is in training mode and has `points`.

    Raises:
        NetworkRefused: no such network, or it cannot take these images.
    """
    entry = accepted(name, shape, classes)
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        torch.default_generator.manual_seed(seed)
        return entry.make(shape, classes)


def uses_dropout(network: nn.Module) -> bool:
    """Whether the network draws random numbers in training mode."""
    return any(isinstance(m, nn.Dropout) and m.p > 0 for m in network.modules())


def memory_format(name: str) -> torch.memory_format:
    """The order of a network's numbers in memory that trains faster: channels last for convolutions.

    Measured on one AVX2 thread, batch 128 (32 for the largest): 0.67 to 0.97 of the time in every convolutional family.
    """
    return torch.contiguous_format if is_named_by_size(name) else torch.channels_last


def taken_over(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Let the network begin with those of another's weights whose name and size are its own; it may translate them first."""
    if isinstance(network, LowRankMLP):
        weights = network.translated(weights)
    own = network.state_dict()
    own |= {name: t for name, t in weights.items() if name in own and own[name].shape == t.shape}
    network.load_state_dict(own)


def placed(network: nn.Module, name: str, device: str) -> nn.Module:
    """The network on a device, its numbers in the order in which it trains faster."""
    return network.to(device=device).to(memory_format=memory_format(name))
