"""A stranger's network among ours: it sees images as it was taught to see them, and its answers are a column a class of the dataset."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

GREY = (0.299, 0.587, 0.114)
"""Of red, green and blue (ITU-R BT.601), as Pillow has it."""


@dataclass(frozen=True)
class Adaptation:
    """What lies between the dataset's images and a network, and between its answers and logits.

    Attributes:
        seen_mean, seen_std: by which the dataset normalises its images, per channel.
        mean, std: by which the network's images are normalised.
        size: the side in pixels of what it looks at; 0 for the images as they are.
        colour: `rgb`, `bgr` or `grey`; empty for the dataset's own channels.
        columns: for each class of the dataset the answer that stands for it.
        floor: the least probability that is believed where it answers probabilities; 0 where it answers logits.
    """

    seen_mean: tuple[float, ...]
    seen_std: tuple[float, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    size: int
    colour: str
    columns: tuple[int, ...]
    floor: float

    def of(self, mean: tuple[float, ...], std: tuple[float, ...]) -> Adaptation:
        """The same for a dataset that is normalised so."""
        return replace(self, seen_mean=mean, seen_std=std)

    def shape(self, images: tuple[int, int, int]) -> tuple[int, int, int]:
        """Channels, height and width of what the network sees of such images."""
        channels, height, width = images
        channels = {"": channels, "grey": 1}.get(self.colour, 3)
        return (channels, self.size, self.size) if self.size else (channels, height, width)


class AdaptedNetwork(nn.Module):
    """The network inside; images [N, channels, height, width] as the dataset normalises them -> logits [N, classes]."""

    seen_mean: Tensor
    seen_std: Tensor
    mean: Tensor
    std: Tensor

    def __init__(self, inner: nn.Module, adaptation: Adaptation) -> None:
        super().__init__()
        self.inner, self.adaptation = inner, adaptation
        named = getattr(inner, "points", {})
        self.points = (
            {point: f"inner.{path}" for point, path in named.items()} if isinstance(named, dict) else {}
        )
        for name in ("seen_mean", "seen_std", "mean", "std"):
            self.register_buffer(name, _per_channel(getattr(adaptation, name)), persistent=False)

    def normalised_as(self, mean: tuple[float, ...], std: tuple[float, ...]) -> AdaptedNetwork:
        """Let it see images that are normalised so; returns itself."""
        self.adaptation = self.adaptation.of(mean, std)
        for name, values in (("seen_mean", mean), ("seen_std", std)):
            getattr(self, name).copy_(_per_channel(values))
        return self

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, classes]: those of the network's answers that stand for the dataset's classes, in its order."""
        answers = self.inner(self.as_it_sees(images))[:, list(self.adaptation.columns)]
        if self.adaptation.floor:
            answers = answers.clamp(min=self.adaptation.floor).log()
        logits: Tensor = answers
        return logits

    def as_it_sees(self, images: Tensor) -> Tensor:
        """The images in its colours, at its size, normalised as it was taught."""
        seen = images * self.seen_std + self.seen_mean
        seen = _in_colours(seen, self.adaptation.colour)
        size = self.adaptation.size
        if size and seen.shape[2:] != (size, size):
            seen = F.interpolate(seen, (size, size), mode="bilinear", antialias=True, align_corners=False)
        return (seen - self.mean) / self.std


def _in_colours(images: Tensor, colour: str) -> Tensor:
    channels = images.shape[1]
    if colour in ("rgb", "bgr"):
        whole = images if channels == 3 else images.expand(-1, 3, -1, -1)
        return whole.flip(1) if colour == "bgr" else whole
    if colour == "grey" and channels == 3:
        weights = torch.tensor(GREY, dtype=images.dtype, device=images.device).view(1, 3, 1, 1)
        return (images * weights).sum(dim=1, keepdim=True)
    return images


def _per_channel(values: tuple[float, ...]) -> Tensor:
    return torch.tensor(values, dtype=torch.float32).reshape(1, -1, 1, 1)
