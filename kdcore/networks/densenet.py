"""DenseNet for small images: every layer reads the outputs of all before it in its block."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

SMALLEST_SIDE = 8


class DenseNet(nn.Module):
    """Three dense blocks with transitions; images [N, channels, height, width] -> logits [N, classes].

    Huang, Liu, van der Maaten and Weinberger 2017, section 3: no bottleneck, no compression, no dropout, 16 channels
    from the stem. depth 3n + 4; `growth` channels a layer.
    """

    points: ClassVar[dict[str, str]] = {
        "early": "blocks.0",
        "middle": "blocks.2",
        "last": "blocks.4",
        "penultimate": "pool",
    }

    def __init__(self, shape: tuple[int, int, int], classes: int, depth: int, growth: int) -> None:
        super().__init__()
        layers = (depth - 4) // 3
        channels = 16
        self.stem = nn.Conv2d(shape[0], channels, 3, padding=1, bias=False)
        self.blocks = nn.Sequential()
        for i in range(3):
            if i:
                self.blocks.append(_transition(channels))
            self.blocks.append(
                nn.Sequential(*[DenseLayer(channels + n * growth, growth) for n in range(layers)])
            )
            channels += layers * growth
        self.pool = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.classifier = nn.Linear(channels, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, classes] for images [N, channels, height, width]."""
        logits: Tensor = self.classifier(self.pool(self.blocks(self.stem(images))))
        return logits


class DenseLayer(nn.Module):
    """Appends `growth` channels to what it reads: normalisation, ReLU, 3x3 convolution."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        convolution = nn.Conv2d(channels, growth, 3, padding=1, bias=False)
        self.new = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), convolution)

    def forward(self, x: Tensor) -> Tensor:
        """[N, channels, height, width] -> [N, channels + growth, height, width]."""
        return torch.cat([x, self.new(x)], dim=1)


def _transition(channels: int) -> nn.Sequential:
    convolution = nn.Conv2d(channels, channels, 1, bias=False)
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), convolution, nn.AvgPool2d(2))
