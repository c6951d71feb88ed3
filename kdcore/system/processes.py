"""Naming a process so that it can be recognised later, although process ids are used again."""

from __future__ import annotations

import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process on a host: its id and when it started, as this system tells it."""

    host: str
    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Process:
        """The process that has this id now."""
        return cls(socket.gethostname(), pid, _started(pid))

    @classmethod
    def me(cls) -> Process:
        """The calling process."""
        return cls.of(os.getpid())

    @classmethod
    def read(cls, text: str) -> Process:
        """What `str` wrote."""
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
        return self.here and bool(self.started) and _started(self.pid) == self.started


def _started(pid: int) -> str:
    """When the process started, in the system's own words; empty where it is gone or only waits to be reaped."""
    if os.name == "nt":
        return _started_windows(pid)
    if Path("/proc/self/stat").exists():
        return _started_linux(pid)
    said = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = said.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()


def _started_linux(pid: int) -> str:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    # proc(5): the state is the 3rd field and the start, in ticks since boot, the 22nd; two stand before the bracket.
    return "" if fields[0] in "ZX" else f"{boot[:8]}-{fields[19]}"


def _started_windows(pid: int) -> str:
    import ctypes
    from ctypes import wintypes

    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    kernel.OpenProcess.restype = wintypes.HANDLE
    query_limited_information, still_active = 0x1000, 259
    handle = wintypes.HANDLE(kernel.OpenProcess(query_limited_information, False, pid))
    if not handle:
        return ""
    try:
        code = wintypes.DWORD()
        times = [wintypes.FILETIME() for _ in range(4)]
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.GetProcessTimes(handle, *[ctypes.byref(t) for t in times])
        if code.value != still_active:
            return ""
        return str(times[0].dwHighDateTime << 32 | times[0].dwLowDateTime)
    finally:
        kernel.CloseHandle(handle)
