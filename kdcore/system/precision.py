"""The precision of a forward pass: bfloat16 autocast where the device gains by it."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch


def autocast(device: str) -> AbstractContextManager[object]:
    """bfloat16 for matrix products and convolutions on CUDA, nothing elsewhere."""
    return torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda")
