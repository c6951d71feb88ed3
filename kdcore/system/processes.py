"""Naming a process so that it can be recognised later, although process ids are used again."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache

import psutil

CLOCK_SECONDS = 2.0
"""By how much two readings of one process's start may differ: systems count from the boot, whose time is rounded."""


@dataclass(frozen=True)
class Process:
    """A process on a host.

    Attributes:
        host: the name of its machine.
        pid: its id there.
        started: when it started, in seconds since 1970; empty where it was gone already. Records of before psutil hold
            the system's own words here: such a process is never seen alive, and its lease runs out.
    """

    host: str
    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Process:
        """The process that has this id now."""
        return cls(socket.gethostname(), pid, _started(pid))

    @classmethod
    def me(cls) -> Process:
        """The calling process: the same words at each call, whatever happens to the clock."""
        return _own(os.getpid())

    @classmethod
    def read(cls, text: str) -> Process:
        """The process that `str` wrote as this text."""
        host, pid, started = text.split("|", 2)
        return cls(host, int(pid), started)

    def __str__(self) -> str:
        return f"{self.host}|{self.pid}|{self.started}"

    @property
    def here(self) -> bool:
        """Whether it runs on this host, so that its life can be seen."""
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """Whether it is seen alive: a process of another host never is."""
        return self.here and self.same_as(Process.of(self.pid))

    def same_as(self, other: Process) -> bool:
        """Whether both name one process."""
        if (self.host, self.pid) != (other.host, other.pid):
            return False
        try:
            return abs(float(self.started) - float(other.started)) <= CLOCK_SECONDS
        except ValueError:  # gone, or the words of an older record
            return False


@cache
def _own(pid: int) -> Process:
    return Process.of(pid)


def _started(pid: int) -> str:
    """When the process with this id started; empty where it is gone or only waits to be reaped."""
    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return ""
