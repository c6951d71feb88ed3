"""Residual networks for 32-pixel images: the CIFAR ResNets and the wide ResNets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

SMALLEST_SIDE = 8
NARROW = (16, 16, 32, 64)
TIMES_FOUR = (32, 64, 128, 256)

Block = Callable[[int, int, int], nn.Module]


class ResNet(nn.Module):
    """A stem, three stages of basic blocks at full, half and quarter size, mean pooling, one linear layer.

    images [N, channels, height, width] -> logits [N, classes]. He, Zhang, Ren and Sun 2016, section 4.2: depth 6n + 2.
    `widths`: the channels of the stem and of the three stages. As in the distillation literature (Tian, Krishnan and
    Isola 2020, CRD), a shortcut that changes shape is a 1x1 convolution, and "x4" is 32-64-128-256.
    """

    points: ClassVar[dict[str, str]] = {
        "early": "stages.0",
        "middle": "stages.1",
        "last": "stages.2",
        "penultimate": "pool",
    }

    def __init__(self, shape: tuple[int, int, int], classes: int, depth: int, widths: Sequence[int]) -> None:
        super().__init__()
        blocks = (depth - 2) // 6
        self.stem = nn.Sequential(_conv3(shape[0], widths[0]), nn.BatchNorm2d(widths[0]), nn.ReLU())
        self.stages = _stages(BasicBlock, widths, blocks)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.classifier = nn.Linear(widths[-1], classes)
        _kaiming(self)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, classes] for images [N, channels, height, width]."""
        logits: Tensor = self.classifier(self.pool(self.stages(self.stem(images))))
        return logits


class BasicBlock(nn.Module):
    """relu(x + two 3x3 convolutions of x), each followed by batch normalisation."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _conv3(channels, width, stride)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = _conv3(width, width)
        self.norm2 = nn.BatchNorm2d(width)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels != width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, height, width] -> [N, width, height / stride, width / stride]."""
        residual = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(residual + self.shortcut(x))


class WideResNet(nn.Module):
    """WRN-depth-factor of Zagoruyko and Komodakis 2016, table 1: depth 6n + 4, normalised before each convolution.

    images [N, channels, height, width] -> logits [N, classes]. The points of the stages are the raw sums.
    """

    points: ClassVar[dict[str, str]] = {
        "early": "stages.0",
        "middle": "stages.1",
        "last": "stages.2",
        "penultimate": "pool",
    }

    def __init__(self, shape: tuple[int, int, int], classes: int, depth: int, factor: int) -> None:
        super().__init__()
        blocks = (depth - 4) // 6
        widths = (16, 16 * factor, 32 * factor, 64 * factor)
        self.stem = _conv3(shape[0], widths[0])
        self.stages = _stages(PreactivatedBlock, widths, blocks)
        self.pool = nn.Sequential(
            nn.BatchNorm2d(widths[-1]), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )
        self.classifier = nn.Linear(widths[-1], classes)
        _kaiming(self)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, classes] for images [N, channels, height, width]."""
        logits: Tensor = self.classifier(self.pool(self.stages(self.stem(images))))
        return logits


class PreactivatedBlock(nn.Module):
    """x + two 3x3 convolutions, each after batch normalisation and ReLU; a 1x1 shortcut where the width changes."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = _conv3(channels, width, stride)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv2 = _conv3(width, width)
        self.shortcut = nn.Conv2d(channels, width, 1, stride, bias=False) if channels != width else None

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, height, width] -> [N, width, height / stride, width / stride]."""
        activated = F.relu(self.norm1(x))
        residual: Tensor = self.conv2(F.relu(self.norm2(self.conv1(activated))))
        return residual + (x if self.shortcut is None else self.shortcut(activated))


def _stages(block: Block, widths: Sequence[int], blocks: int) -> nn.Sequential:
    stages = []
    for channels, width, stride in zip(widths[:-1], widths[1:], (1, 2, 2), strict=True):
        rest = [block(width, width, 1) for _ in range(blocks - 1)]
        stages.append(nn.Sequential(block(channels, width, stride), *rest))
    return nn.Sequential(*stages)


def _conv3(channels: int, width: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels, width, 3, stride, padding=1, bias=False)


def _kaiming(network: nn.Module) -> None:
    """He, Zhang, Ren and Sun 2015, equation 10, by the fan out; the linear layer keeps PyTorch's default."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
