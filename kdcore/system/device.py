"""The device that trains, and how much memory it has."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from kdcore.errors import OutOfResources

CONTAINERS_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Where Linux tells a container how much memory it may have (cgroups 2)."""


LARGE_NETWORK_MACS = 400_000
"""Multiply-adds an image above which a network trains faster on all threads than on one (measured, two cores)."""


def choose_device(wanted: str) -> str:
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


def device_memory(device: str) -> int:
    """Bytes of memory that a GPU has, or that this process may have of the machine; 8 GiB where the system does not tell."""
    if device == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    if not hasattr(os, "sysconf"):
        return 2**33
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = CONTAINERS_LIMIT.read_text().strip() if CONTAINERS_LIMIT.is_file() else ""
    return min(int(limit), there) if limit.isdecimal() else there
