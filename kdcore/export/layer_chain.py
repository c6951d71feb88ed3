"""Networks that are a plain chain of layers, spelled as PyTorch: what a short script can show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from kdcore import networks
from kdcore.networks import Shape


@dataclass(frozen=True)
class Chain:
    """A network as a chain. layers: the source of each, in the order in which it runs. names: of its weights and buffers,
    from the network's own to those of `nn.Sequential(*layers)`."""

    layers: tuple[str, ...]
    names: dict[str, str]

    def state(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """The network's weights, named for the chain."""
        return {self.names[name]: tensor.contiguous().clone() for name, tensor in weights.items()}


@lru_cache(maxsize=64)
def chain(name: str, shape: Shape, classes: int) -> Chain | None:
    """The network of that name as a chain of layers, or None where it is none, or has layers that are not spelled here.

    Raises:
        NetworkRefused: no such network, or it cannot take these images.
    """
    network = networks.build(name, shape, classes, seed=0).eval()
    images = torch.rand(2, *shape, generator=torch.Generator().manual_seed(0))
    leaves, said = _as_they_run(network, images)
    layers = [_spelled(leaf) for leaf in leaves]
    paths = {leaf: path for path, leaf in network.named_modules()}
    names = {
        f"{paths[leaf]}.{tensor}": f"{i}.{tensor}"
        for i, leaf in enumerate(leaves)
        for tensor in leaf.state_dict()
    }
    whole = names.keys() == network.state_dict().keys()
    if not all(layers) or not whole or not _says(leaves, images, said):
        return None
    return Chain(tuple(filter(None, layers)), names)


def _says(leaves: list[nn.Module], images: Tensor, said: Tensor) -> bool:
    """Whether the leaves one after another say this; what branches does not, or does not even fit together."""
    try:
        with torch.inference_mode():
            return torch.equal(nn.Sequential(*leaves)(images), said)
    except RuntimeError:
        return False


def _as_they_run(network: nn.Module, images: Tensor) -> tuple[list[nn.Module], Tensor]:
    """The modules without children in the order in which they run, those that do nothing left out; and the logits."""
    order: list[nn.Module] = []
    leaves = [m for m in network.modules() if not list(m.children()) and not isinstance(m, nn.Identity)]
    handles = [leaf.register_forward_hook(lambda module, *_: order.append(module)) for leaf in leaves]
    with torch.inference_mode():
        said: Tensor = network(images)
    for handle in handles:
        handle.remove()
    return order, said


def _spelled(layer: nn.Module) -> str:
    """The call that makes a layer like this one, empty where it is of another kind."""
    how = SPELLED.get(type(layer))
    return "" if how is None else f"nn.{type(layer).__name__}({how(layer)})"


def _linear(layer: nn.Linear) -> str:
    return f"{layer.in_features}, {layer.out_features}" + ("" if layer.bias is not None else ", bias=False")


def _convolution(layer: nn.Conv2d) -> str:
    more = {"stride": (layer.stride[0], 1), "padding": (layer.padding[0], 0), "groups": (layer.groups, 1)}
    said = [f"{name}={value}" for name, (value, usual) in more.items() if value != usual]
    if layer.bias is None:
        said.append("bias=False")
    return ", ".join([str(layer.in_channels), str(layer.out_channels), str(layer.kernel_size[0]), *said])


SPELLED: dict[type[nn.Module], Callable[..., str]] = {
    nn.Flatten: lambda layer: "",
    nn.Linear: _linear,
    nn.Conv2d: _convolution,
    nn.BatchNorm2d: lambda layer: f"{layer.num_features}",
    nn.ReLU: lambda layer: "",
    nn.Dropout: lambda layer: f"{layer.p:g}",
    nn.MaxPool2d: lambda layer: f"{layer.kernel_size}",
    nn.AvgPool2d: lambda layer: f"{layer.kernel_size}",
    nn.AdaptiveAvgPool2d: lambda layer: f"{layer.output_size}",
    nn.AdaptiveMaxPool2d: lambda layer: f"{layer.output_size}",
}
