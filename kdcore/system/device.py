"""The device that trains, and how much memory it has."""

from __future__ import annotations

import platform
import sys
from functools import cache

import torch

from kdcore.errors import OutOfResources
from kdcore.system.memory import process_memory
from kdcore.texts import N_

LARGE_NETWORK_MACS = 400_000
"""Multiply-adds an image above which a network trains faster on all threads than on one (measured, two cores)."""


def choose_device(wanted: str) -> str:
    """The device to train on: `auto` takes CUDA, then MPS, then the processor.

    Raises:
        OutOfResources: a device was asked for that this machine does not have.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return next(name for name, is_there in there.items() if is_there and not why_unusable(name))
    if not there[wanted]:
        raise OutOfResources(
            f"This machine has no {wanted} device that torch can use. Choose device 'auto' or 'cpu'."
        )
    if sentence := why_unusable(wanted):
        raise OutOfResources(f"{sentence} Choose device 'auto' or 'cpu'.")
    return wanted


@cache
def why_unusable(device: str) -> str:
    """Why a device that torch says is there does not compute, in a sentence that is also printed once; empty where it does.

    A driver may be missing, or this build of torch may have no kernels for the card.
    """
    if device == "cpu":
        return ""
    try:
        torch.ones(2, device=device).mul(2).sum().item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        sentence = (
            f"torch says that there is a {device} device, and cannot compute on it: {reason[0].rstrip('.')}."
        )
        print(N_(f"{sentence} The processor takes its place."), file=sys.stderr)
        if device == "cuda":
            # torch's optimisers ask it too, and would fail at their first step on the processor.
            torch.cuda.is_available = _nowhere
        return sentence
    return ""


def _nowhere() -> bool:
    return False


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
