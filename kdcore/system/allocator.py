"""How a process that trains shares a machine: threads that wait do not spin, memory that was freed is kept."""

from __future__ import annotations

import ctypes

PASSIVE_WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
"""Its environment, to be set before torch is imported: waiting threads that spin would take the processor from others."""

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Names of mallopt's parameters (malloc.h)."""


def keep_freed_memory() -> None:
    """Have the C library keep what is freed, where it can (glibc).

    Feature maps may otherwise go back to the system and be faulted in again at every step: a third of the time of a bare
    loop over a small convolutional network, 5 % of a run that also evaluates, whose large maps have glibc keep more.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(MMAP_THRESHOLD, 2**30)
    mallopt(TRIM_THRESHOLD, 2**31 - 1)
