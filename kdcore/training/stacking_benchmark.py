"""Measuring whether networks of one architecture train faster stacked or one after another."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from kdcore.system.precision import Precision, autocast
from kdcore.training.network_program import NetworkProgram, network_program
from kdcore.training.sequential_networks import SequentialNetworks

STEPS = 6
LONGEST_SECONDS = 1.0


def stacking_pays(
    networks: Sequence[nn.Module],
    streams: Sequence[int],
    batches: Sequence[Tensor],
    precision: Precision = "float32",
) -> bool:
    """Whether a step on such batches (one per stream) takes no longer with the networks stacked than one after another.

    Measured for up to a second each way, and only where both ways exist. The networks' gradients are overwritten.
    """
    program = network_program(networks, streams, stacked=True)
    if isinstance(program, SequentialNetworks):
        return False
    sequential = SequentialNetworks(networks, streams)
    return seconds_per_step(program, batches, precision) <= seconds_per_step(sequential, batches, precision)


def seconds_per_step(program: NetworkProgram, batches: Sequence[Tensor], precision: Precision) -> float:
    """The fastest of a few steps, forwards and backwards; the first is a warm-up."""
    seeds, fastest, began = [0] * len(batches), float("inf"), time.monotonic()
    for i in range(STEPS):
        start = time.perf_counter()
        with autocast(batches[0].device.type, precision):
            logits = program.forward(batches, (), seeds).logits
        logits.float().square().mean().backward()
        if batches[0].is_cuda:
            torch.cuda.synchronize()
        if i:
            fastest = min(fastest, time.perf_counter() - start)
        if i and time.monotonic() - began > LONGEST_SECONDS:
            break
    return fastest
