"""The network table: what each network is called, what it can take, what it costs, and how it is built.

docs/extending.md says how to add one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from kdcore.errors import NetworkRefused
from kdcore.networks import cnn, densenet, lenet, low_rank_mlp, resnet, slim_resnet, torchvision_networks, vgg
from kdcore.networks import mlp as perceptrons
from kdcore.networks.feature_points import Taps, points_of
from kdcore.networks.low_rank_mlp import LowRankMLP
from kdcore.networks.mlp import MLP
from kdcore.texts import N_

__all__ = [
    "MLP",
    "SUGGESTED_LOW_RANKS",
    "TABLE",
    "Facts",
    "Taps",
    "build",
    "describe",
    "is_network",
    "memory_format",
    "names",
    "placed",
    "points_of",
    "refusal",
    "taken_over",
    "uses_dropout",
    "weights_before",
]

Shape = tuple[int, int, int]
"""Channels, height and width of an image."""


@dataclass(frozen=True)
class NetworkEntry:
    """A line of the table. `smallest_side`: the smallest height and width that leave it more than a point at its end."""

    title: str
    family: str
    smallest_side: int
    make: Callable[[Shape, int], nn.Module]


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


def _perceptron(name: str) -> NetworkEntry | None:
    if (size := perceptrons.size(name)) is None:
        return None
    width, depth = size
    dropout = perceptrons.HINTON_DROPOUT.get(name, (0.0, 0.0))
    title = (
        "MLP " + (f"{width}" if depth == 1 else f"{depth} × {width}") + (", dropout" if any(dropout) else "")
    )
    return NetworkEntry(title, "MLP", 1, lambda shape, classes: MLP(shape, classes, width, depth, dropout))


def _low_rank(name: str) -> NetworkEntry | None:
    if (size := low_rank_mlp.size(name)) is None:
        return None
    width, depth, rank = size
    title = "MLP " + (f"{width}" if depth == 1 else f"{depth} × {width}") + f", rank {rank}"
    return NetworkEntry(
        title, "MLP", 1, lambda shape, classes: LowRankMLP(shape, classes, width, depth, rank)
    )


def _by_size(name: str) -> NetworkEntry | None:
    """The networks whose names say their size."""
    return _perceptron(name) or _low_rank(name)


def _resnet(title: str, depth: int, widths: tuple[int, ...]) -> NetworkEntry:
    return NetworkEntry(
        title, "ResNet", resnet.SMALLEST_SIDE, partial(resnet.ResNet, depth=depth, widths=widths)
    )


def _wide(depth: int, factor: int) -> NetworkEntry:
    make = partial(resnet.WideResNet, depth=depth, factor=factor)
    return NetworkEntry(f"WRN-{depth}-{factor}", "WRN", resnet.SMALLEST_SIDE, make)


SUGGESTED_PERCEPTRONS = ("mlp-10", "mlp-30", "mlp-128", "mlp-300", "mlp-800x2", "mlp-1200x2")
SUGGESTED_LOW_RANKS = ("lowrank-128x3r8", "lowrank-300x2r8", "lowrank-1200x2r16")

TABLE: dict[str, NetworkEntry] = {
    "lenet5": NetworkEntry("LeNet-5", "LeNet", lenet.SMALLEST_SIDE, lenet.LeNet5),
    "cnn-tiny": NetworkEntry(
        N_("Tiny CNN"), "CNN", cnn.SMALLEST_SIDE, partial(cnn.CNN, widths=cnn.TINY, normalise=False)
    ),
    "cnn-small": NetworkEntry(
        N_("Small CNN"), "CNN", cnn.SMALLEST_SIDE, partial(cnn.CNN, widths=cnn.SMALL, normalise=False)
    ),
    "cnn-medium": NetworkEntry(
        N_("Medium CNN"), "CNN", cnn.SMALLEST_SIDE, partial(cnn.CNN, widths=cnn.MEDIUM, normalise=True)
    ),
    "resnet11-slim": NetworkEntry(
        N_("ResNet-11, slim"), "ResNet", slim_resnet.SMALLEST_SIDE, slim_resnet.SlimResNet11
    ),
    "resnet8": _resnet("ResNet-8", 8, resnet.NARROW),
    "resnet14": _resnet("ResNet-14", 14, resnet.NARROW),
    "resnet20": _resnet("ResNet-20", 20, resnet.NARROW),
    "resnet32": _resnet("ResNet-32", 32, resnet.NARROW),
    "resnet56": _resnet("ResNet-56", 56, resnet.NARROW),
    "resnet8x4": _resnet("ResNet-8x4", 8, resnet.TIMES_FOUR),
    "resnet32x4": _resnet("ResNet-32x4", 32, resnet.TIMES_FOUR),
    "wrn-16-1": _wide(16, 1),
    "wrn-16-2": _wide(16, 2),
    "wrn-40-2": _wide(40, 2),
    "vgg8": NetworkEntry("VGG-8", "VGG", vgg.SMALLEST_SIDE, partial(vgg.VGG, widths=vgg.VGG8)),
    "vgg13": NetworkEntry("VGG-13", "VGG", vgg.SMALLEST_SIDE, partial(vgg.VGG, widths=vgg.VGG13)),
    "densenet-40-12": NetworkEntry(
        "DenseNet-40-12", "DenseNet", densenet.SMALLEST_SIDE, partial(densenet.DenseNet, depth=40, growth=12)
    ),
    "resnet18": NetworkEntry(
        "ResNet-18", "torchvision", torchvision_networks.SMALLEST_SIDE, torchvision_networks.resnet18
    ),
    "mobilenet_v2": NetworkEntry(
        "MobileNetV2", "torchvision", torchvision_networks.SMALLEST_SIDE, torchvision_networks.mobilenet_v2
    ),
    "shufflenet_v2": NetworkEntry(
        "ShuffleNetV2", "torchvision", torchvision_networks.SMALLEST_SIDE, torchvision_networks.shufflenet_v2
    ),
}
"""Every network but those whose names say their size."""


def names() -> list[str]:
    """The networks to offer: the table, and some of those whose names say their size (any of them is built).

    The order is kept: settings of methods are stored as a network's place in this list, so what is new comes last.
    """
    table = list(TABLE)
    before_low_ranks = table.index("shufflenet_v2") + 1
    return [
        *SUGGESTED_PERCEPTRONS,
        *table[:before_low_ranks],
        *SUGGESTED_LOW_RANKS,
        *table[before_low_ranks:],
    ]


def build(name: str, shape: Shape, classes: int, seed: int) -> nn.Module:
    """A network with first weights that depend on these four alone; torch's own random state is left as it was.

    It takes images [N, *shape], gives logits [N, classes], is in training mode and has `points`.

    Raises:
        NetworkRefused: no such network, or it cannot take these images.
    """
    entry = _accepted(name, shape, classes)
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        torch.default_generator.manual_seed(seed)
        return entry.make(shape, classes)


@lru_cache(maxsize=512)
def describe(name: str, shape: Shape, classes: int) -> Facts:
    """What the network costs, found without memory for its weights.

    Raises:
        NetworkRefused: no such network, or it cannot take these images.
    """
    entry = _accepted(name, shape, classes)
    with torch.device("meta"), _Undrawn():
        network = entry.make(shape, classes).eval()
    return Facts(
        name=name,
        title=entry.title,
        family=entry.family,
        parameters=sum(p.numel() for p in network.parameters()),
        macs=_macs(network, shape),
        bytes=sum(t.numel() * t.element_size() for t in network.state_dict().values()),
        points=tuple(points_of(network)),
    )


@lru_cache(maxsize=128)
def feature_shapes(name: str, shape: Shape, classes: int) -> dict[str, tuple[int, ...]]:
    """The size of one image's features at every point, and of its `logits`, found by a dry run.

    Raises:
        NetworkRefused: no such network, or it cannot take these images.
    """
    network = build(name, shape, classes, seed=0).eval()
    with torch.inference_mode(), Taps(network, points_of(network)) as features:
        logits = network(torch.zeros(1, *shape))
    return {point: tuple(f.shape[1:]) for point, f in features.items()} | {"logits": tuple(logits.shape[1:])}


@lru_cache(maxsize=128)
def weights_before(name: str, point: str, shape: Shape, classes: int) -> frozenset[str]:
    """The names of the parameters that the features at a point depend on, found by a dry run.

    Raises:
        NetworkRefused: no such network, or it cannot take these images.
    """
    network = build(name, shape, classes, seed=0).eval()
    with Taps(network, (point,)) as features:
        network(torch.zeros(1, *shape))
    named = dict(network.named_parameters())
    gradients = torch.autograd.grad(features[point].sum(), list(named.values()), allow_unused=True)
    return frozenset(n for n, gradient in zip(named, gradients, strict=True) if gradient is not None)


def refusal(name: str, shape: Shape, classes: int) -> str:
    """Why this network cannot take these images, in a sentence; empty where it can."""
    try:
        _accepted(name, shape, classes)
    except NetworkRefused as error:
        return str(error)
    return ""


def is_network(name: str) -> bool:
    """Whether the table has a network of that name."""
    return name in TABLE or _by_size(name) is not None


def uses_dropout(network: nn.Module) -> bool:
    """Whether the network draws random numbers in training mode."""
    return any(isinstance(m, nn.Dropout) and m.p > 0 for m in network.modules())


def memory_format(name: str) -> torch.memory_format:
    """The order of a network's numbers in memory that trains faster: channels last for convolutions.

    Measured on one AVX2 thread, batch 128 (32 for the largest): 0.67 to 0.97 of the time in every convolutional family.
    """
    return torch.contiguous_format if _by_size(name) else torch.channels_last


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


def _accepted(name: str, shape: Shape, classes: int) -> NetworkEntry:
    entry = TABLE.get(name) or _by_size(name)
    if entry is None:
        raise NetworkRefused(_unknown(name))
    channels, height, width = shape
    if channels < 1 or classes < 2:
        raise NetworkRefused(
            f"{name} needs images of at least one channel and at least two classes; it was given {channels} and {classes}."
        )
    if min(height, width) < entry.smallest_side:
        raise NetworkRefused(
            f"{name} needs images of at least {entry.smallest_side} x {entry.smallest_side} pixels; these have "
            f"{height} x {width}. Choose a network for smaller images, such as mlp-30 or cnn-small, or larger images."
        )
    return entry


def _unknown(name: str) -> str:
    if name.startswith("mlp-"):
        return (
            f"There is no network '{name}': a perceptron is called mlp-WIDTH or mlp-WIDTHxDEPTH, width 1 to "
            f"{perceptrons.WIDEST} and depth 1 to {perceptrons.DEEPEST}, such as mlp-30 or mlp-800x2."
        )
    if name.startswith("lowrank-"):
        return (
            f"There is no network '{name}': a perceptron of low rank is called lowrank-WIDTHrRANK or "
            f"lowrank-WIDTHxDEPTHrRANK, width 1 to {perceptrons.WIDEST}, depth 1 to {perceptrons.DEEPEST} and rank 1 to its "
            "width, such as lowrank-300r8 or lowrank-128x3r8."
        )
    near = difflib.get_close_matches(name, names(), n=1, cutoff=0.75)
    hint = f"Did you mean {near[0]}? " if near else ""
    return f"There is no network '{name}'. {hint}There are mlp-WIDTH[xDEPTH], lowrank-WIDTH[xDEPTH]rRANK, {', '.join(TABLE)}."


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
def _macs(network: nn.Module, shape: Shape) -> int:
    """Multiply-adds of one image in convolutions and linear layers; biases and normalisation are not counted.

    The weights are left as the memory holds them: one real pass is faster than one without data, which imports
    torch's compiler too.
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
