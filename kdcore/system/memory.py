"""How much main memory a process may use."""

from __future__ import annotations

from pathlib import Path

import psutil

CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""How much memory a container may use (cgroups 2); psutil only knows the machine's."""


def process_memory() -> int:
    """Bytes of main memory that this process may use: the machine's, or its container's where that is less."""
    machine = int(psutil.virtual_memory().total)
    limit = CONTAINER_LIMIT.read_text().strip() if CONTAINER_LIMIT.is_file() else ""
    return min(int(limit), machine) if limit.isdecimal() else machine
