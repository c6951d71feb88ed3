"""VGG for small images as the distillation literature uses it: batch normalisation, mean pooling, one linear layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

SMALLEST_SIDE = 16
VGG8 = ((64,), (128,), (256,), (512,), (512,))
VGG13 = ((64, 64), (128, 128), (256, 256), (512, 512), (512, 512))


class VGG(nn.Module):
    """Five stages of 3x3 convolutions; images [N, channels, height, width] -> logits [N, classes].

    Simonyan and Zisserman 2015, as Tian, Krishnan and Isola 2020 (CRD) shrink it for 32 pixels: the size is halved
    three times, and before the fifth stage only from 64 pixels on.
    """

    points: ClassVar[dict[str, str]] = {
        "early": "stages.1",
        "middle": "stages.2",
        "last": "stages.4",
        "penultimate": "pool",
    }

    def __init__(self, shape: tuple[int, int, int], classes: int, widths: Sequence[Sequence[int]]) -> None:
        super().__init__()
        channels, height, width = shape
        halved = {1, 2, 3} | ({4} if min(height, width) >= 64 else set())
        self.stages = nn.Sequential()
        for i, stage_widths in enumerate(widths):
            parts: list[nn.Module] = [nn.MaxPool2d(2)] if i in halved else []
            for out in stage_widths:
                parts += [nn.Conv2d(channels, out, 3, padding=1), nn.BatchNorm2d(out), nn.ReLU()]
                channels = out
            self.stages.append(nn.Sequential(*parts))
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.classifier = nn.Linear(channels, classes)
        self._initialise()

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, classes] for images [N, channels, height, width]."""
        logits: Tensor = self.classifier(self.pool(self.stages(images)))
        return logits

    def _initialise(self) -> None:
        """Convolutions by their fan out (He et al. 2015), a small classifier: the deep one does not start without."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(module.bias) if module.bias is not None else None
        nn.init.normal_(self.classifier.weight, 0.0, 0.01)
        nn.init.zeros_(self.classifier.bias)
