"""The network table: what each network is called, what it can take, and its builder.

docs/extending.md says how to add one.
"""

from __future__ import annotations

from functools import cache, partial

from kdcore import plugins
from kdcore.networks import cnn, densenet, lenet, low_rank_mlp, resnet, slim_resnet, torchvision_networks, vgg
from kdcore.networks import mlp as perceptrons
from kdcore.networks.given_networks import given
from kdcore.networks.low_rank_mlp import LowRankMLP
from kdcore.networks.mlp import MLP
from kdcore.networks.network_entry import NetworkEntry
from kdcore.networks.plugin_networks import entries_of
from kdcore.texts import N_


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
"""Every network but those whose names say their size, and those that a program brought along."""


@cache
def plugged() -> dict[str, NetworkEntry]:
    """The networks of plugins, by name; one that would hide another is left out with a sentence."""
    found: dict[str, NetworkEntry] = {}
    for plugin in plugins.found():
        for name, entry in entries_of(plugin).items():
            if name in TABLE or name in found or _by_size(name):
                plugins.leave_out(
                    plugin.title, N_(f"there is a network '{name}' already. Give yours another name.")
                )
            else:
                found[name] = entry
                plugins.brings(plugin, name)
    return found


def offered() -> list[str]:
    """The networks to offer: those of the project, and those of plugins behind them."""
    return [*names(), *plugged()]


def names() -> list[str]:
    """The project's own networks: the table, and some of those whose names say their size (any of them is built).

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


def is_network(name: str) -> bool:
    """Whether the table has a network of that name."""
    return entry_of(name) is not None


def entry_of(name: str) -> NetworkEntry | None:
    """The entry of that name, None where there is none."""
    return TABLE.get(name) or given(name) or _by_size(name) or plugged().get(name)


def is_named_by_size(name: str) -> bool:
    """Whether the name says the network's size, as perceptrons' names do."""
    return _by_size(name) is not None
