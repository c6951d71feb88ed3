"""Networks that are a plain chain of layers, written as the source of an `nn.Sequential`: what a short script can show."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from kdcore import networks
from kdcore.export.layer_source import layer_source
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

    def definition(self, name: str) -> str:
        """Nothing has to be defined before it is made."""
        return ""

    def made(self, name: str, indent: int = 0) -> str:
        """What makes one, so far in; the name is that of a class where there is one."""
        return f"nn.Sequential(\n{self.rows(indent + 4)}\n{' ' * indent})"

    def has_layer(self, kind: str) -> bool:
        """Whether one of the layers is of this class of `nn`, given the beginning of its name."""
        return any(kind in layer for layer in self.layers)


@lru_cache(maxsize=64)
def sequential_source(name: str, shape: Shape, classes: int) -> SequentialSource | None:
    """The network of that name as an `nn.Sequential`, or None where it branches or has layers without a source here.

    Raises:
        NetworkRefused: no such network, or it cannot take these images.
    """
    network = networks.build(name, shape, classes, seed=0).eval()
    images = torch.rand(2, *shape, generator=torch.Generator().manual_seed(0))
    leaves, logits = _traced_leaves(network, images)
    layers = [layer_source(leaf) for leaf in leaves]
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
