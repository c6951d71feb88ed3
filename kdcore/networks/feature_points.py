"""Reading a network's features while it runs, without rewriting it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from kdcore.errors import NetworkRefused


class Taps:
    """`with Taps(network, ("last", "penultimate")) as features: logits = network(images)`.

    `features` is filled by the forward pass: point -> [N, channels, height, width], or [N, width] for `penultimate` and
    for perceptrons, with its graph. It stays readable after the block; the hooks do not stay.

    Raises:
        NetworkRefused: the network has no such feature point.
    """

    def __init__(self, network: nn.Module, points: Iterable[str]) -> None:
        known = points_of(network)
        for point in (points := tuple(points)):
            if point not in known:
                raise NetworkRefused(
                    f"This network has no feature point '{point}'. It has: {', '.join(known)}."
                )
        self._modules = {point: network.get_submodule(known[point]) for point in points}
        self._handles: list[RemovableHandle] = []

    def __enter__(self) -> dict[str, Tensor]:
        features: dict[str, Tensor] = {}
        self._handles = [
            module.register_forward_hook(_keep(point, features)) for point, module in self._modules.items()
        ]
        return features

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()


def points_of(network: nn.Module) -> dict[str, str]:
    """A network's feature points in order: name -> path of the submodule whose output it is."""
    return cast("dict[str, str]", network.points)


def _keep(point: str, features: dict[str, Tensor]) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        features[point] = output

    return hook
