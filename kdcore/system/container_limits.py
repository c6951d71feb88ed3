"""What a container may use of its machine, by cgroups 2 and 1: the machine's own figures say nothing of it."""

from __future__ import annotations

import math
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
UNLIMITED = 1 << 60
"""Bytes from which on cgroups 1 means no limit: it says the largest number that there is."""


def memory_limit(cgroups: Path | None = None) -> int | None:
    """Bytes of memory, None where there is no limit."""
    folder = cgroups or CGROUPS
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        if (found := _number(folder / name)) is not None and 0 < found < UNLIMITED:
            return found
    return None


def core_limit(cgroups: Path | None = None) -> int | None:
    """Processor cores, a part of one counting as one; None where there is no limit."""
    folder = cgroups or CGROUPS
    quota, period = _quota(folder)
    return max(1, math.ceil(quota / period)) if quota and period and quota > 0 else None


def _quota(folder: Path) -> tuple[int | None, int | None]:
    """Microseconds of processor time in a period of so many."""
    words = _text(folder / "cpu.max").split()
    if len(words) == 2 and all(word.isdecimal() for word in words):
        return int(words[0]), int(words[1])
    for name in ("cpu", "cpu,cpuacct"):
        quota = _number(folder / name / "cpu.cfs_quota_us")
        if quota is not None:
            return quota, _number(folder / name / "cpu.cfs_period_us")
    return None, None


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.lstrip("-").isdecimal() else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
