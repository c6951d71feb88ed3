"""A trained network as others use it: it takes pixels, and says what it is."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from kdcore.export.exported_run import Record
from kdcore.inference import models
from kdcore.inference.models import InferenceModel

PROBES = 16
TOLERANCE = 1e-4
"""Largest difference between two programs' logits for the same network, as a share of the largest logit: float32 sums
in another order."""


class OnPixels(nn.Module):
    """A network with its normalisation before it: pixels [n, channels, height, width] from 0 (black) to 1 (white)."""

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean).reshape(-1, 1, 1))
        self.register_buffer("std", torch.tensor(std).reshape(-1, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        """Logits [n, classes]."""
        logits: Tensor = self.network((pixels - self.mean) / self.std)
        return logits


def on_pixels(knower: InferenceModel) -> OnPixels:
    """The network in eval mode, on the processor, its normalisation before it.

    Raises:
        TeacherUnavailable: its weights are gone or altered.
        DataUnavailable: no record tells its normalisation, and its dataset is not here.
    """
    wrapped = OnPixels(models.network(knower), *models.moments(knower))
    return wrapped.eval().requires_grad_(False)


def facts(record: Record, knower: InferenceModel) -> dict[str, Any]:
    """What travels in an exported network's metadata, as JSON values."""
    mean, std = models.moments(knower)
    return {
        "made by": "Stillroom",
        "run": record.run.id,
        "experiment": record.run.hash,
        "role": knower.role,
        "network": knower.network,
        "dataset": knower.dataset,
        "shape": list(knower.shape),
        "classes": list(knower.classes),
        "mean": list(mean),
        "std": list(std),
        "input": "pixels from 0 (black) to 1 (white), float32 [images, channels, height, width]",
        "output": "logits [images, classes]",
    }


def probes(knower: InferenceModel) -> Tensor:
    """A few images of noise to try a program with: pixels [PROBES, channels, height, width]."""
    return torch.rand(PROBES, *knower.shape, generator=torch.Generator().manual_seed(0))


def differs(said: Tensor, expected: Tensor) -> bool:
    """Whether two programs' logits differ by more than float32 sums in another order do."""
    return bool((said - expected).abs().max() > TOLERANCE * expected.abs().max().clamp(min=1))


@contextmanager
def quietly() -> Iterator[None]:
    """Without torch's warnings on formats that it is going to replace."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
