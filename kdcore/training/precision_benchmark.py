"""Measuring whether a network trains faster in bfloat16 than in float32."""

from __future__ import annotations

from torch import Tensor, nn

from kdcore.training.sequential_networks import SequentialNetworks
from kdcore.training.stacking_benchmark import seconds_per_step

MARGIN = 1.1
"""How many times as fast bfloat16 has to be: a smaller gain is within what two measurements differ by."""


def bfloat16_pays(network: nn.Module, batch: Tensor) -> bool:
    """Whether a step on such a batch is faster in bfloat16 by MARGIN; the network's gradients are overwritten."""
    program = SequentialNetworks([network])
    bfloat16, float32 = (
        seconds_per_step(program, [batch], precision) for precision in ("bfloat16", "float32")
    )
    return MARGIN * bfloat16 <= float32
