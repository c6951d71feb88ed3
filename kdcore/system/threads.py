"""How many processor threads a network trains on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from kdcore.system.container_limits import core_limit
from kdcore.system.device import LARGE_NETWORK_MACS


def cores() -> int:
    """The processor cores that this process may use: OMP_NUM_THREADS where it is set, at most what its container may have."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = core_limit()
    there = there if limit is None else min(limit, there)
    said = os.environ.get("OMP_NUM_THREADS", "")
    return min(int(said), there) if said.isdecimal() and int(said) else there


def thread_count(wanted: int, macs: int, there: int | None = None) -> int:
    """Processor threads for a network of `macs` multiply-adds an image; `wanted` if it is not 0.

    A small network spends its time between operations, where further threads only wait for each other.

    there: cores to choose from; those of this process where it is not given.
    """
    most = there or cores()
    if wanted:
        return min(wanted, most)
    return most if macs >= LARGE_NETWORK_MACS else 1


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Compute on so many threads in the block, and on as many as before after it: torch keeps one count for the process."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
