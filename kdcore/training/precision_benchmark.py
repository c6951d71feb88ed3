"""Measuring whether a network trains faster in bfloat16 than in float32."""

from __future__ import annotations

from statistics import median

from torch import Tensor, nn

from kdcore.training.sequential_networks import SequentialNetworks
from kdcore.training.stacking_benchmark import seconds_per_step

MARGIN = 1.1
"""How many times as fast bfloat16 has to be: a smaller gain is within what two measurements differ by."""

ROUNDS = 5
"""Times that both are measured, in turn. The median counts: float32 steps are at times nearly twice as fast as they usually are."""


def bfloat16_pays(network: nn.Module, batch: Tensor) -> bool:
    """Whether a step on such a batch is faster in bfloat16 by MARGIN; the network's gradients are overwritten."""
    program = SequentialNetworks([network])
    float32: list[float] = []
    bfloat16: list[float] = []
    for _ in range(ROUNDS):
        float32.append(seconds_per_step(program, [batch], "float32"))
        bfloat16.append(seconds_per_step(program, [batch], "bfloat16"))
    return MARGIN * median(bfloat16) <= median(float32)
