"""How long one forward pass takes."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kdcore.metrics.evaluation import evaluate

DISTURBED = 1.15
"""Wall time over processor time from which a latency on the processor counts as disturbed."""


@dataclass(frozen=True)
class Latency:
    """Seconds that one forward pass takes: the median, and what 95 of 100 stay below.

    disturbed: something else held the processor meanwhile, so that the figures say more of it than of the network.
    """

    p50: float
    p95: float
    disturbed: bool = False


def latency(network: nn.Module, shape: tuple[int, int, int], batch: int, passes: int = 30) -> Latency:
    """Time `passes` forward passes of `batch` random images [batch, *shape] in eval mode, after a warm-up."""
    device = next(network.parameters()).device
    images = torch.zeros(batch, *shape, device=device)
    for _ in range(passes // 3):
        _forward_seconds(network, images)
    wall, processor = time.perf_counter(), time.process_time()
    seconds = [_forward_seconds(network, images) for _ in range(passes)]
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    p50, p95 = (
        torch.tensor(seconds, dtype=torch.float64)
        .quantile(torch.tensor([0.5, 0.95], dtype=torch.float64))
        .tolist()
    )
    disturbed = device.type == "cpu" and wall > DISTURBED * processor
    return Latency(p50, p95, disturbed)


def _forward_seconds(network: nn.Module, images: Tensor) -> float:
    _wait(images.device)
    start = time.perf_counter()
    evaluate(network, images, batch=len(images))
    _wait(images.device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    """Let the device finish what it was given: a clock that does not wait only times the asking."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
