"""The machine that trains: which device, how many threads, and whether bfloat16 is used."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

import torch

from kdcore.errors import OutOfResources

CONTAINERS_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Where Linux tells a container how much memory it may have (cgroups 2)."""

LARGE_NETWORK_MACS = 400_000
"""Multiply-adds an image above which a network trains faster on all threads than on one (measured, two cores)."""


def device(wanted: str) -> str:
    """The device to train on: `auto` takes CUDA, then MPS, then the processor.

    Raises:
        OutOfResources: a device was asked for that this machine does not have.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return next(name for name, is_there in there.items() if is_there)
    if not there[wanted]:
        raise OutOfResources(
            f"This machine has no {wanted} device that torch can use. Choose device 'auto' or 'cpu'."
        )
    return wanted


def memory(device: str) -> int:
    """Bytes of memory that a GPU has, or that this process may have of the machine; 8 GiB where the system does not tell."""
    if device == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    if not hasattr(os, "sysconf"):
        return 2**33
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = CONTAINERS_LIMIT.read_text().strip() if CONTAINERS_LIMIT.is_file() else ""
    return min(int(limit), there) if limit.isdecimal() else there


def cores() -> int:
    """The processor cores that this process may use: OMP_NUM_THREADS where it is set, at most what there is."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    said = os.environ.get("OMP_NUM_THREADS", "")
    return min(int(said), there) if said.isdecimal() and int(said) else there


def threads(wanted: int, macs: int, there: int | None = None) -> int:
    """Processor threads for a network of `macs` multiply-adds an image; `wanted` if it is not 0.

    A small network spends its time between operations, where further threads only wait for each other.

    there: cores to choose from; those of this process where it is not given.
    """
    most = there or cores()
    if wanted:
        return min(wanted, most)
    return most if macs >= LARGE_NETWORK_MACS else 1


def autocast(device: str) -> AbstractContextManager[object]:
    """bfloat16 for matrix products and convolutions on CUDA, nothing elsewhere."""
    return torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda")
