"""A Ray cluster on this machine: a head without processors and nodes of one each, started as the README says."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 80_000_000
"""Bytes of each node's object store, which may lie in a small /dev/shm."""
QUICK = {"RAY_health_check_period_ms": "500", "RAY_health_check_failure_threshold": "4"}
"""A node that is gone is given up after seconds."""


class Cluster:
    """Processes, known by what stands in their environment; all files lie in one folder."""

    def __init__(self, data: Path, nodes: int) -> None:
        self.wanted, self.nodes, self.further = nodes, list[str](), count(1)
        # Short: the path of a socket has at most 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="ray-"))
        self.gates = self.folder / "gates"
        self.gates.mkdir()
        self.data = data
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"

    def start_head(self) -> None:
        """`ray start --head`, on ports that nobody else has."""
        ports = {name: str(free_port()) for name in ("dashboard-port", "ray-client-server-port")}
        words = [f"--{name}={port}" for name, port in ports.items()]
        starting = self._start("head", "--head", f"--port={self.port}", "--num-cpus=0", "--include-dashboard=false",
                               f"--temp-dir={self.folder}", *words)  # fmt: skip
        self._wait(starting)

    def node_of(self, run_id: str) -> str:
        """The live node that trains a run: Ray calls the process by the task's name."""
        for name in self.nodes:
            for pid in self._processes(f"{self.folder}/{name}\0"):
                if run_id in Path(f"/proc/{pid}/cmdline").read_text():
                    return name
        return ""

    def mend(self) -> None:
        """`ray start --address=...` until there are as many nodes as wanted.

        One by one: two at once on one machine would take the same socket.
        """
        while len(self.nodes) < self.wanted:
            name = f"node-{next(self.further)}"
            self._wait(self._start(name, f"--address={self.address}", "--num-cpus=1"))
            self.nodes.append(name)

    def runs_of(self, name: str) -> Path:
        """The node's own runs folder."""
        return self.folder / f"{name}-runs"

    def kill(self, name: str) -> None:
        """The node dies at once, with all that runs on it."""
        self.nodes.remove(name)
        while pids := list(self._processes(f"{self.folder}/{name}\0")):
            for pid in pids:
                end(pid)
            time.sleep(0.02)

    def close(self) -> None:
        """End whatever is left, and remove the folder."""
        while pids := list(self._processes(f"{self.folder}/")):
            for pid in pids:
                end(pid)
            time.sleep(0.02)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        memory = f"--object-store-memory={MEMORY}"
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "ray.scripts.scripts", "start", "--num-gpus=0", memory, "--disable-usage-stats", *words],
                env=os.environ | QUICK | {
                    "STILLROOM_TEST_NODE": f"{self.folder}/{name}",
                    "STILLROOM_DATA": str(self.data),
                    "STILLROOM_RUNS": str(self.runs_of(name)),
                    "FAKE_GATES": str(self.gates),
                    "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
                    "OMP_NUM_THREADS": "1",
                },
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def _wait(self, starting: subprocess.Popen[bytes]) -> None:
        if starting.wait(120) != 0:
            logs = "\n".join(log.read_text(errors="replace") for log in self.folder.glob("*.log"))
            raise AssertionError(f"Ray did not start:\n{logs[-4000:]}")

    def _processes(self, named: str) -> Iterator[int]:
        marker = f"STILLROOM_TEST_NODE={named}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if marker in (process / "environ").read_bytes() and not is_zombie(process):
                    yield int(process.name)
            except OSError:
                continue


def is_zombie(process: Path) -> bool:
    """Whether a process is over and only waits for its parent."""
    return (process / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"


def end(pid: int) -> None:
    """Kill a process, which may be gone by now."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(data: Path, nodes: int) -> Iterator[Cluster]:
    """A head and nodes of one processor each."""
    cluster = Cluster(data, nodes)
    try:
        cluster.start_head()
        cluster.mend()
        yield cluster
    finally:
        cluster.close()
