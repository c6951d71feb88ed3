"""torchvision's networks with a stem for small images: where they would shrink 224 pixels fourfold at once, they keep the size.

torchvision is imported where it is used: it takes a second, and most runs need none of it.
"""

from __future__ import annotations

from torch import nn

from kdcore.system.environment import import_pair

SMALLEST_SIDE = 16


def resnet18(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """He et al. 2016 with a 3x3 stem of stride 1 and no first pooling; 11.2 M parameters.

    images [N, channels, height, width] -> logits [N, classes].
    """
    make = import_pair().models.resnet18

    network = make(num_classes=classes)
    network.conv1 = _stem(shape[0], 64)
    network.maxpool = nn.Identity()
    network.avgpool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return _with_points(network, early="layer1", middle="layer2", last="layer4", penultimate="avgpool")


def mobilenet_v2(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Sandler et al. 2018, table 2, with stride 1 in the stem and in the second stage; 2.2 M parameters, dropout 0.2.

    images [N, channels, height, width] -> logits [N, classes]. `penultimate` is what the last layer reads, after dropout.
    """
    make = import_pair().models.mobilenet_v2

    stages = [
        [1, 16, 1, 1],
        [6, 24, 2, 1],
        [6, 32, 3, 2],
        [6, 64, 4, 2],
        [6, 96, 3, 1],
        [6, 160, 3, 2],
        [6, 320, 1, 1],
    ]
    network = make(num_classes=classes, inverted_residual_setting=stages)
    network.features[0][0] = _stem(shape[0], 32)
    return _with_points(
        network, early="features.3", middle="features.13", last="features.18", penultimate="classifier.0"
    )


def shufflenet_v2(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Ma et al. 2018, table 5, 1x, with a stem of stride 1 and no first pooling; 1.3 M parameters.

    images [N, channels, height, width] -> logits [N, classes].
    """
    make = import_pair().models.shufflenet_v2_x1_0

    network = make(num_classes=classes)
    network.conv1[0] = _stem(shape[0], 24)
    network.maxpool = nn.Identity()
    network.fc = nn.Sequential(nn.Identity(), network.fc)
    return _with_points(network, early="stage2", middle="stage3", last="conv5", penultimate="fc.0")


def _stem(channels: int, width: int) -> nn.Conv2d:
    convolution = nn.Conv2d(channels, width, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return convolution


def _with_points(network: nn.Module, **points: str) -> nn.Module:
    network.points = points  # type: ignore[assignment]
    return network
