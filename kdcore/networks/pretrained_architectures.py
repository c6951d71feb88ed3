"""torchvision's networks as they were published, for weights that others trained: other than those of the table, they expect large images."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from torch import nn

from kdcore.system.environment import import_pair

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIDE = 224


def _resnet(network: Any) -> dict[str, str]:
    network.avgpool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return {"early": "layer1", "middle": "layer2", "last": "layer4", "penultimate": "avgpool"}


def _mobilenet_v2(network: Any) -> dict[str, str]:
    return {
        "early": "features.3",
        "middle": "features.13",
        "last": "features.18",
        "penultimate": "classifier.0",
    }


def _mobilenet_v3(network: Any) -> dict[str, str]:
    end = len(network.features) - 1
    return {
        "early": "features.2",
        "middle": f"features.{end // 2}",
        "last": f"features.{end}",
        "penultimate": "classifier.2",
    }


def _efficientnet(network: Any) -> dict[str, str]:
    return {
        "early": "features.2",
        "middle": "features.5",
        "last": "features.8",
        "penultimate": "classifier.0",
    }


def _vision_transformer(network: Any) -> dict[str, str]:
    network.heads = nn.Sequential(OrderedDict(read=nn.Identity(), head=network.heads.head))
    return {"penultimate": "heads.read"}


ARCHITECTURES: dict[str, Callable[[Any], dict[str, str]]] = {
    "resnet18": _resnet,
    "resnet34": _resnet,
    "resnet50": _resnet,
    "mobilenet_v2": _mobilenet_v2,
    "mobilenet_v3_small": _mobilenet_v3,
    "mobilenet_v3_large": _mobilenet_v3,
    "efficientnet_b0": _efficientnet,
    "vit_b_16": _vision_transformer,
}
"""How each one's feature points are named; the names are torchvision's."""


def published_architecture(name: str, classes: int) -> nn.Module:
    """The network as torchvision builds it, for so many classes, without weights; it has `points`. Its state dict's names are torchvision's."""
    network: nn.Module = getattr(import_pair().models, name)(weights=None, num_classes=classes)
    network.points = ARCHITECTURES[name](network)  # type: ignore[assignment]
    return network
