"""The precision of a training step: float32, or bfloat16 autocast, which keeps weights and losses in float32."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal

import torch

Precision = Literal["float32", "bfloat16"]
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")


def autocast(device: str, precision: Precision) -> AbstractContextManager[object]:
    """Matrix products and convolutions in this precision; what they return may have it too."""
    return torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def precision_before_the_field(device: str) -> Precision:
    """What a run trained in whose checkpoint does not name it."""
    return "bfloat16" if device == "cuda" else "float32"
