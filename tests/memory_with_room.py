"""Where folders live for the length of a measurement or of the tests: in memory, as far as there is room."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
ROOM = 3 * 2**30
"""Bytes that such folders have ample room in; so much memory again is left to whoever uses them."""


def memory_with_room() -> Path | None:
    """The folder that is kept in memory; None where there is none, or where it would become full."""
    if not MEMORY.is_dir():
        return None
    room = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available - ROOM)
    return MEMORY if room >= ROOM else None
