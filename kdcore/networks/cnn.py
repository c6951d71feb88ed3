"""Three plain convolutional networks of this project: two for seconds on a laptop, one that is good at MNIST."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

SMALLEST_SIDE = 8
TINY = ((8,), (16,), (32,))
SMALL = ((16,), (32,), (64,))
MEDIUM = ((32,), (64, 64), (128, 128))


class CNN(nn.Module):
    """Stages of 3x3 convolutions at halving sizes, mean pooling, one linear layer.

    images [N, channels, height, width] -> logits [N, classes]. `widths` gives the channels of each stage's convolutions.
    """

    points: ClassVar[dict[str, str]] = {
        "early": "stages.0",
        "middle": "stages.1",
        "last": "stages.2",
        "penultimate": "pool",
    }

    def __init__(
        self, shape: tuple[int, int, int], classes: int, widths: Sequence[Sequence[int]], normalise: bool
    ) -> None:
        super().__init__()
        self.stages = nn.Sequential()
        channels = shape[0]
        for i, stage_widths in enumerate(widths):
            parts: list[nn.Module] = [nn.MaxPool2d(2)] if i else []
            for width in stage_widths:
                parts += _convolution(channels, width, normalise)
                channels = width
            self.stages.append(nn.Sequential(*parts))
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.classifier = nn.Linear(channels, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, classes] for images [N, channels, height, width]."""
        logits: Tensor = self.classifier(self.pool(self.stages(images)))
        return logits


def _convolution(channels: int, width: int, normalise: bool) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, width, 3, padding=1, bias=not normalise)
    return [convolution, *([nn.BatchNorm2d(width)] if normalise else []), nn.ReLU()]
