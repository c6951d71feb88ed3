"""Measuring whether two networks learn faster side by side, one thread each, than one after another on all threads."""

from __future__ import annotations

import time
from statistics import median

from torch import Tensor, nn

from kdcore.system.precision import Precision
from kdcore.system.threads import on_threads
from kdcore.training.sequential_networks import SequentialNetworks
from kdcore.training.side_by_side_step import SideBySideStep
from kdcore.training.stacking_benchmark import LONGEST_SECONDS, STEPS, seconds_per_step

MARGIN = 1.1
"""How many times as fast side by side has to be."""

ROUNDS = 5
"""Times that both ways are measured, in turn; the median counts."""


def side_by_side_pays(pair: list[nn.Module], batch: Tensor, precision: Precision, lanes: int) -> bool:
    """Whether a step of the pair on such a batch is faster by MARGIN; its gradients are overwritten."""
    in_turn: list[float] = []
    at_once: list[float] = []
    for _ in range(ROUNDS):
        with on_threads(lanes):
            in_turn.append(seconds_per_step(SequentialNetworks(pair), [batch], precision))
        with on_threads(1):
            at_once.append(_seconds_side_by_side(SequentialNetworks(pair, lanes=lanes), batch, precision))
    return MARGIN * median(at_once) <= median(in_turn)


def _seconds_side_by_side(networks: SequentialNetworks, batch: Tensor, precision: Precision) -> float:
    """As `seconds_per_step`: the fastest of a few steps."""
    fastest, began = float("inf"), time.monotonic()
    for i in range(STEPS):
        start = time.perf_counter()
        step = SideBySideStep(networks, [batch], (), precision)
        step.output.part(slice(None)).logits.square().mean().backward()
        step.carry_back()
        if i:
            fastest = min(fastest, time.perf_counter() - start)
        if i and time.monotonic() - began > LONGEST_SECONDS:
            break
    return fastest
