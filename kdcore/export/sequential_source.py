"""Networks that are a plain chain of layers, written as the source of an `nn.Sequential`: what a short script can show."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from kdcore import networks
from kdcore.export.recorded_run import RecordedRun
from kdcore.networks import Shape

ROW = 88
"""Characters of a line of layers, at most."""
UNBROKEN = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class SequentialSource:
    """A network as an `nn.Sequential`.

    Attributes:
        layers: the source of each layer, in the order in which they run.
        names: the names of weights and buffers, from the network's own to those of the `nn.Sequential`.
    """

    layers: tuple[str, ...]
    names: dict[str, str]

    def state(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """The network's weights under the names that the `nn.Sequential` has for them."""
        return {self.names[name]: tensor.contiguous().clone() for name, tensor in weights.items()}

    def rows(self, indent: int = 4) -> str:
        """The layers as the arguments of an `nn.Sequential`, as many on a line as fit."""
        blank = " " * indent
        text = ", ".join(layer.replace(" ", UNBROKEN) for layer in self.layers) + ","
        lines = textwrap.wrap(
            text, ROW, initial_indent=blank, subsequent_indent=blank, break_on_hyphens=False
        )
        return "\n".join(lines).replace(UNBROKEN, " ")

    def has_layer(self, kind: str) -> bool:
        """Whether one of the layers is of this class of `nn`, given the beginning of its name."""
        return any(kind in layer for layer in self.layers)


def sequential_source_of(record: RecordedRun, role: str) -> SequentialSource | None:
    """The run's network of that role as an `nn.Sequential`, or None where it is none."""
    dataset = record.run.results["dataset"]
    channels, height, width = dataset["shape"]
    return sequential_source(
        record.run.results[role]["network"], (channels, height, width), len(dataset["classes"])
    )


@lru_cache(maxsize=64)
def sequential_source(name: str, shape: Shape, classes: int) -> SequentialSource | None:
    """The network of that name as an `nn.Sequential`, or None where it branches or has layers without a source here.

    Raises:
        NetworkRefused: no such network, or it cannot take these images.
    """
    network = networks.build(name, shape, classes, seed=0).eval()
    images = torch.rand(2, *shape, generator=torch.Generator().manual_seed(0))
    leaves, logits = _traced_leaves(network, images)
    layers = [_layer_source(leaf) for leaf in leaves]
    paths = {leaf: path for path, leaf in network.named_modules()}
    names = {
        f"{paths[leaf]}.{tensor}": f"{i}.{tensor}"
        for i, leaf in enumerate(leaves)
        for tensor in leaf.state_dict()
    }
    complete = names.keys() == network.state_dict().keys()
    if not all(layers) or not complete or not _is_sequential(leaves, images, logits):
        return None
    return SequentialSource(tuple(filter(None, layers)), names)


def _is_sequential(leaves: list[nn.Module], images: Tensor, logits: Tensor) -> bool:
    """Whether the leaves one after another give these logits. Where the network branches they may not even fit together."""
    try:
        with torch.inference_mode():
            return torch.equal(nn.Sequential(*leaves)(images), logits)
    except RuntimeError:
        return False


def _traced_leaves(network: nn.Module, images: Tensor) -> tuple[list[nn.Module], Tensor]:
    """The modules without children in the order in which they run, without the identities; and the logits."""
    order: list[nn.Module] = []
    leaves = [m for m in network.modules() if not list(m.children()) and not isinstance(m, nn.Identity)]
    handles = [leaf.register_forward_hook(lambda module, *_: order.append(module)) for leaf in leaves]
    with torch.inference_mode():
        logits: Tensor = network(images)
    for handle in handles:
        handle.remove()
    return order, logits


def _layer_source(layer: nn.Module) -> str:
    """The call that makes a layer like this one; empty where its class is not in ARGUMENTS."""
    arguments = ARGUMENTS.get(type(layer))
    return "" if arguments is None else f"nn.{type(layer).__name__}({arguments(layer)})"


def _linear(layer: nn.Linear) -> str:
    return f"{layer.in_features}, {layer.out_features}" + ("" if layer.bias is not None else ", bias=False")


def _convolution(layer: nn.Conv2d) -> str:
    options = {"stride": (layer.stride[0], 1), "padding": (layer.padding[0], 0), "groups": (layer.groups, 1)}
    keywords = [f"{name}={value}" for name, (value, default) in options.items() if value != default]
    if layer.bias is None:
        keywords.append("bias=False")
    return ", ".join([str(layer.in_channels), str(layer.out_channels), str(layer.kernel_size[0]), *keywords])


ARGUMENTS: dict[type[nn.Module], Callable[..., str]] = {
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
"""The arguments of each kind of layer that can be written as source."""
