"""An eleven-layer residual network that reaches about 89 % on CIFAR-10 in an hour on a laptop's processor."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

SMALLEST_SIDE = 16
WIDTHS = (32, 64, 128, 160)


class SlimResNet11(nn.Module):
    """Convolutions at halving sizes, the later three followed by a residual pair (He et al. 2016, identity shortcut).

    images [N, channels, height, width] -> logits [N, classes]. The first halving comes after one narrow convolution, where
    a processor would spend most of its time; the last stage is pooled by its largest values.
    """

    points: ClassVar[dict[str, str]] = {
        "early": "stages.1",
        "middle": "stages.2",
        "last": "stages.3",
        "penultimate": "pool",
    }

    def __init__(self, shape: tuple[int, int, int], classes: int) -> None:
        super().__init__()
        stem, early, middle, last = WIDTHS
        self.stages = nn.Sequential(
            nn.Sequential(_convolution(shape[0], stem), nn.MaxPool2d(2)),
            nn.Sequential(_convolution(stem, early), Residual(early)),
            nn.Sequential(nn.MaxPool2d(2), _convolution(early, middle), Residual(middle)),
            nn.Sequential(nn.MaxPool2d(2), _convolution(middle, last), Residual(last)),
        )
        self.pool = nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten())
        self.classifier = nn.Linear(last, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, classes] for images [N, channels, height, width]."""
        logits: Tensor = self.classifier(self.pool(self.stages(images)))
        return logits


class Residual(nn.Module):
    """Two convolutions whose result is added to what came in; shape kept."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.pair = nn.Sequential(_convolution(width, width), _convolution(width, width))

    def forward(self, x: Tensor) -> Tensor:
        """x + pair(x)."""
        total: Tensor = x + self.pair(x)
        return total


def _convolution(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
    )
