"""A Ray cluster on this machine: a head without processors and nodes of one each, started as the README says.

Run as a module, it waits until whoever started the cluster lets go of it, or dies, and then ends what is left of it.
"""

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
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[3]
MEMORY = 80_000_000
"""Bytes of each node's object store, which may lie in a small /dev/shm."""
QUICK = {"RAY_health_check_period_ms": "500", "RAY_health_check_failure_threshold": "4"}
"""A node that is gone is given up after seconds."""


class Cluster:
    """A head and nodes, a session of processes each; all files lie in one folder."""

    def __init__(self, data: Path, wanted: int) -> None:
        """`data`: the nodes' data folder. `wanted`: how many nodes `mend` sees to."""
        self.data, self.wanted = data, wanted
        # Short: the path of a socket has at most 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="ray-"))
        self.gates = self.folder / "gates"
        self.gates.mkdir()
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.nodes: dict[str, int] = {}
        self.names = (f"node-{n}" for n in count(1))
        self.keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.kdcore.runs.clusters", str(self.folder)],
            stdin=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )

    def start_head(self) -> None:
        """`ray start --head`, on ports that nobody else has."""
        ports = {name: str(free_port()) for name in ("dashboard-port", "ray-client-server-port")}
        words = [f"--{name}={port}" for name, port in ports.items()]
        self._start("head", "--head", f"--port={self.port}", "--num-cpus=0", "--include-dashboard=false",
                    f"--temp-dir={self.folder}", *words)  # fmt: skip

    def mend(self) -> None:
        """`ray start --address=...` until there are as many nodes as wanted.

        One by one: two at once on one machine would take the same socket.
        """
        while len(self.nodes) < self.wanted:
            name = next(self.names)
            self.nodes[name] = self._start(name, f"--address={self.address}", "--num-cpus=1")

    def node_of(self, run_id: str) -> str:
        """The live node that trains a run, or nothing: Ray calls the process by the task's name."""
        for name, session in self.nodes.items():
            if any(run_id in " ".join(psutil.Process(pid).cmdline()) for pid in processes(session)):
                return name
        return ""

    def kill(self, name: str) -> None:
        """The node dies at once, with all that runs on it."""
        end(self.nodes.pop(name))

    def close(self) -> None:
        """End whatever is left, and remove the folder."""
        assert self.keeper.stdin is not None
        self.keeper.stdin.close()
        self.keeper.wait()

    def _start(self, name: str, *words: str) -> int:
        """Returns the session that all processes of the head or node belong to."""
        assert self.keeper.stdin is not None
        memory = f"--object-store-memory={MEMORY}"
        with (self.folder / f"{name}.log").open("wb") as log:
            starting = subprocess.Popen(
                [sys.executable, "-m", "ray.scripts.scripts", "start", "--num-gpus=0", memory, "--disable-usage-stats", *words],
                env=os.environ | QUICK | {
                    "STILLROOM_DATA": str(self.data),
                    "STILLROOM_RUNS": str(self.folder / f"{name}-runs"),
                    "FAKE_GATES": str(self.gates),
                    "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
                },
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        print(starting.pid, file=self.keeper.stdin, flush=True)
        if starting.wait(120) != 0:
            said = (self.folder / f"{name}.log").read_text(errors="replace")
            raise AssertionError(f"Ray did not start:\n{said[-4000:]}")
        return starting.pid


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


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def processes(session: int) -> list[int]:
    """The live processes of a session."""
    members = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process.pid)
    return members


def end(session: int) -> None:
    """Kill a session's processes, and those that they start meanwhile."""
    while pids := processes(session):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)


if __name__ == "__main__":
    for session in [int(line) for line in sys.stdin]:
        end(session)
    shutil.rmtree(sys.argv[1], ignore_errors=True)
