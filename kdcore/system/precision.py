"""The precision of a training step: float32, or bfloat16 autocast, which keeps weights and losses in float32."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal

import torch

Precision = Literal["float32", "bfloat16"]
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")
BFLOAT16_CAPABILITIES = ("amx_bf16", "avx512_bf16", "bf16", "sve_bf16")
"""What torch calls instructions that multiply bfloat16: two of Intel's and AMD's, two of ARM's."""


def autocast(device: str, precision: Precision) -> AbstractContextManager[object]:
    """Matrix products and convolutions in this precision; what they return may have it too."""
    return torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def precision_before_the_field(device: str) -> Precision:
    """What a run trained in whose checkpoint does not name it."""
    return "bfloat16" if device == "cuda" else "float32"


def processor_has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 in hardware: without that, products take ten times as long as in float32."""
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in BFLOAT16_CAPABILITIES)
