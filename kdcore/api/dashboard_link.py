"""Where a run is seen on the page: at a server that is there, or at one that lives as long as this program."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from html import escape
from pathlib import Path

from kdcore.errors import OutOfResources
from kdcore.runs.local_engine import environment

START_SECONDS = 60.0
END_SECONDS = 15.0

_servers: dict[Path, tuple[subprocess.Popen[bytes], str]] = {}
"""Of this program, by runs folder: the process, and its address."""


@dataclass(frozen=True)
class DashboardLink:
    """The address of a run's page."""

    address: str

    def __str__(self) -> str:
        return self.address

    def _repr_html_(self) -> str:
        return f'<a href="{escape(self.address)}" target="_blank">{escape(self.address)}</a>'


def dashboard_link(run_id: str, server: str, folder: Path, data_folder: Path) -> DashboardLink:
    """The run's page at this server; without one, at this program's own, which is started where there is none.

    Raises:
        OutOfResources: the server does not start.
    """
    address = server.rstrip("/") or _own_server(folder, data_folder)
    return DashboardLink(f"{address}/train?run={run_id}")


def _own_server(folder: Path, data_folder: Path) -> str:
    known = _servers.get(folder)
    if known is not None and known[0].poll() is None:
        return known[1]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "STILLROOM_RUNS": str(folder),
        "STILLROOM_DATA": str(data_folder),
    }
    log = tempfile.TemporaryFile()  # noqa: SIM115 (the server writes as long as it lives)
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard"],
        env=environment() | settings,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=os.name != "nt",
    )
    atexit.register(_end, process)
    address = f"http://localhost:{port}"
    if not _healthy(process, address):
        _end(process)
        log.seek(0)
        said = log.read().decode(errors="replace").strip().splitlines() or ["it wrote nothing"]
        raise OutOfResources(f"The page's server did not start: {said[-1]}")
    _servers[folder] = process, address
    return address


def _healthy(process: subprocess.Popen[bytes], address: str) -> bool:
    """Wait until it answers; False where it ended, or does not in time."""
    give_up = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return True
        except OSError:
            time.sleep(0.1)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server as Ctrl-C does, so that its workers end too."""
    if process.poll() is None:
        import signal

        process.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
