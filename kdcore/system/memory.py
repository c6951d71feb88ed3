"""How much main memory a process may use."""

from __future__ import annotations

import psutil

from kdcore.system.container_limits import memory_limit


def process_memory() -> int:
    """Bytes of main memory that this process may use: the machine's, or its container's where that is less."""
    machine = int(psutil.virtual_memory().total)
    limit = memory_limit()
    return machine if limit is None else min(limit, machine)
