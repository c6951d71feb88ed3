"""What a network costs: its parameters, multiply-adds and bytes, found without training it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from kdcore.networks.feature_points import points_of
from kdcore.networks.network_entry import Shape
from kdcore.networks.refusals import accepted
from kdcore.networks.table import plugged
from kdcore.teachers import ONNX, ORACLE, RECORDED
from kdcore.texts import N_

OPAQUE = {ORACLE: "Oracle", RECORDED: N_("Recorded answers"), ONNX: "ONNX"}
"""What is no torch network: what is looked up costs nothing, and of an ONNX file it is not known here."""


@dataclass(frozen=True)
class Facts:
    """What a network costs for images of one shape.

    parameters: trained numbers. macs: multiply-adds of convolutions and linear layers for one image. bytes: its weights
    and buffers in float32, as a file holds them. points: its feature points, in order.
    """

    name: str
    title: str
    family: str
    parameters: int
    macs: int
    bytes: int
    points: tuple[str, ...]


@lru_cache(maxsize=512)
def describe(name: str, shape: Shape, classes: int) -> Facts:
    """What the network costs, found without memory for its weights; what is looked up costs nothing.

    Raises:
        NetworkRefused: no such network, or it cannot take these images.
    """
    if name in OPAQUE:
        return Facts(name, OPAQUE[name], OPAQUE[name], 0, 0, 0, ())
    entry = accepted(name, shape, classes)
    # Code that nobody here wrote may read the weights that it draws: without memory it could not.
    place = "cpu" if name in plugged() else "meta"
    with torch.random.fork_rng(devices=[]), torch.device(place), _Undrawn():
        network = entry.make(shape, classes).eval()
    return Facts(
        name=name,
        title=entry.title,
        family=entry.family,
        parameters=sum(p.numel() for p in network.parameters()),
        macs=_multiply_adds(network, shape),
        bytes=sum(t.numel() * t.element_size() for t in network.state_dict().values()),
        points=tuple(points_of(network)),
    )


class _Undrawn(TorchFunctionMode):
    """Leaves normally distributed weights undrawn: drawing them without data imports torch's compiler first (1.5 s)."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func.__name__.endswith("normal_"):
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


@torch.inference_mode()
def _multiply_adds(network: nn.Module, shape: Shape) -> int:
    """Multiply-adds of one image in convolutions and linear layers; biases and normalisation are not counted.

    torch's own FlopCounterMode gives the same (a test compares them for every network), but its first use imports
    torch's compiler (1.5 s), and so does a pass without data: the weights are left as the memory holds them.
    """
    total = 0

    def count(module: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            kernel = module.kernel_size[0] * module.kernel_size[1]
            total += output.numel() * module.in_channels // module.groups * kernel
        elif isinstance(module, nn.Linear):
            total += output.numel() * module.in_features

    for module in network.modules():
        module.register_forward_hook(count)
    network.to_empty(device="cpu")(torch.zeros(1, *shape))
    return total
