"""How long one forward pass takes."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kdcore.metrics.evaluation import evaluate

MOST_TIMED = 1e9
"""Multiply-adds of a teacher whose latency is measured: thousands of images go through it."""

MOST_PASSES = 30
LONG = 0.2
"""Seconds of passes after which a third of them will do: a large network would hold up a run's end for seconds."""

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


def latency(network: nn.Module, shape: tuple[int, int, int], batch: int) -> Latency:
    """Time MOST_PASSES forward passes of `batch` images [batch, *shape] in eval mode, fewer where they take long, after a warm-up."""
    device = next(network.parameters()).device
    images = torch.zeros(batch, *shape, device=device)
    _passes(network, images, MOST_PASSES // 3, LONG / 5)
    wall, processor = time.perf_counter(), time.process_time()
    seconds = _passes(network, images, MOST_PASSES, LONG)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    p50, p95 = (
        torch.tensor(seconds, dtype=torch.float64)
        .quantile(torch.tensor([0.5, 0.95], dtype=torch.float64))
        .tolist()
    )
    disturbed = device.type == "cpu" and wall > DISTURBED * processor
    return Latency(p50, p95, disturbed)


def _passes(network: nn.Module, images: Tensor, most: int, long: float) -> list[float]:
    """The seconds of each pass: `most` passes, or as few as a third of them once they have taken `long` together."""
    seconds: list[float] = []
    while len(seconds) < most and (len(seconds) < most // 3 or sum(seconds) < long):
        seconds.append(_forward_seconds(network, images))
    return seconds


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
