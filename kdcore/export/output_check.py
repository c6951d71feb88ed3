"""Whether an exported network gives the logits that the network itself gives."""

from __future__ import annotations

import torch
from torch import Tensor

from kdcore.inference.models import InferenceModel

PROBES = 16
TOLERANCE = 1e-4
"""Largest difference between two programs' logits for the same network, as a share of the largest logit: float32 sums
in another order."""


def probe_images(model: InferenceModel) -> Tensor:
    """A few images of noise to try a program with: pixels [PROBES, channels, height, width]."""
    return torch.rand(PROBES, *model.shape, generator=torch.Generator().manual_seed(0))


def logits_differ(logits: Tensor, expected: Tensor) -> bool:
    """Whether two programs' logits differ by more than float32 sums in another order do."""
    return bool((logits - expected).abs().max() > TOLERANCE * expected.abs().max().clamp(min=1))
