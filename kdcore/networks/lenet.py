"""LeNet-5 of LeCun, Bottou, Bengio and Haffner 1998, figure 2, as it is built today: ReLU, max pooling, full connections."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

SMALLEST_SIDE = 12


class LeNet5(nn.Module):
    """Two 5x5 convolutions and three linear layers; images [N, channels, height, width] -> logits [N, classes].

    61,706 parameters for ten classes at 28 pixels, where the first convolution pads to the paper's 32, and at 32.
    """

    points: ClassVar[dict[str, str]] = {"early": "early", "last": "last", "penultimate": "penultimate"}

    def __init__(self, shape: tuple[int, int, int], classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        padding = 2 if min(height, width) < 32 else 0
        self.early = nn.Sequential(nn.Conv2d(channels, 6, 5, padding=padding), nn.ReLU())
        self.last = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU())
        sides = [((side + 2 * padding - 4) // 2 - 4) // 2 for side in (height, width)]
        self.penultimate = nn.Sequential(
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(16 * sides[0] * sides[1], 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
        )
        self.classifier = nn.Linear(84, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, classes] for images [N, channels, height, width]."""
        logits: Tensor = self.classifier(self.penultimate(self.last(self.early(images))))
        return logits
