"""The device that trains, and how much memory it has."""

from __future__ import annotations

import platform

import torch

from kdcore.errors import OutOfResources
from kdcore.system.memory import process_memory

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


def arithmetic(device: str) -> tuple[str, ...]:
    """What the last bits of a result depend on beside the code: the build of torch and the kind of processor or GPU."""
    if device == "cuda":
        return torch.__version__, torch.cuda.get_device_name()
    processor = platform.processor() or platform.machine()
    return torch.__version__, processor, torch.backends.cpu.get_cpu_capability()


def device_memory(device: str) -> int:
    """Bytes of memory of the GPU, or of the main memory that this process may have."""
    if device == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    return process_memory()
