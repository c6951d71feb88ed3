"""Networks that a program brings along: modules of its own, built here from a copy, and known to this process alone."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from kdcore.networks.network_entry import NetworkEntry, Shape

_GIVEN: dict[str, NetworkEntry] = {}


class GivenNetwork(nn.Module):
    """A module of somebody's own inside: it sees pixels from 0 (black) to 1 (white), as it was made to.

    points: its feature points, as every network has them: those that it names itself.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, inner: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.inner = inner
        self.register_buffer("mean", torch.tensor(mean).reshape(-1, 1, 1))
        self.register_buffer("std", torch.tensor(std).reshape(-1, 1, 1))
        named = getattr(inner, "points", {})
        self.points = (
            {point: f"inner.{path}" for point, path in named.items()} if isinstance(named, dict) else {}
        )

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, classes] of normalised images [N, channels, height, width]."""
        logits: Tensor = self.inner(images * self.std + self.mean)
        return logits


def add_given(
    name: str,
    title: str,
    make: Callable[[], nn.Module],
    mean: tuple[float, ...],
    std: tuple[float, ...],
) -> None:
    """Let a network of this name be built here; `make` gives a module of one's own each time."""

    def build(shape: Shape, classes: int) -> nn.Module:
        return GivenNetwork(make(), mean, std)

    _GIVEN[name] = NetworkEntry(title, "own", 1, build)


def add_entry(name: str, entry: NetworkEntry) -> None:
    """Let a network of this name be built here as its entry says."""
    _GIVEN[name] = entry


def given(name: str) -> NetworkEntry | None:
    """The entry of a network that this program brought along."""
    return _GIVEN.get(name)


def copied(module: nn.Module) -> Callable[[], nn.Module]:
    """Makes copies of the module as it is now: what is done to it later, and to a copy, changes no other."""
    kept = copy.deepcopy(module).cpu()
    return lambda: copy.deepcopy(kept).train()
