"""A server whose sockets are watched, started from a folder that is not the checkout."""

from __future__ import annotations

import os
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.helpers import ROOT, Server, serving

AUDIT = """
import os, sys

def watch(event, arguments):
    if event == "socket.connect":
        target = arguments[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        target = arguments[0]
    else:
        return
    with open(os.environ["WATCHED_SOCKETS"], "a") as file:
        file.write(f"{target!r}\\n")

with open(os.environ["WATCHED_SOCKETS"], "a") as file:
    file.write("watching\\n")
sys.addaudithook(watch)
"""
"""Put before everything else in a process and in those that it starts: notes whom they call."""
HERE = ("watching", "'127.", "'localhost'", "'::1'", "'/", "None")


@dataclass(frozen=True)
class WatchedServer:
    """The server, and the file with whom it called."""

    server: Server
    calls: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server.address.rpartition(":")[2])

    def calls_outside(self) -> list[str]:
        """Whom the server or its workers called that is not this machine."""
        started, *lines = self.calls.read_text().splitlines()
        assert started == "watching"
        return [line for line in lines if not line.lstrip("(").startswith(HERE)]

    def answer(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """What a request with these headers ("origin", "sec_fetch_site" ...) is answered."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"{self.server.address}{path}", body, named, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as opened:
                return Answer(opened.status, dict(opened.headers), opened.read().decode(errors="replace"))
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, dict(refused.headers), refused.read().decode(errors="replace"))

    def handshake(self, origin: str, host: str = "") -> int:
        """The status that a websocket's handshake with this origin is answered."""
        lines = [
            "GET /_stcore/stream HTTP/1.1", f"Host: {host or f'localhost:{self.port}'}", f"Origin: {origin}",
            "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]  # fmt: skip
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
            return int(connection.recv(64).split()[1])


@dataclass(frozen=True)
class Answer:
    """An answer's status, headers and text."""

    status: int
    headers: Mapping[str, str]
    text: str

    def header(self, name: str) -> str:
        """A header's value by its name in small letters; empty where there is none."""
        return next((value for key, value in self.headers.items() if key.lower() == name), "")


@contextmanager
def watched_server(folder: Path, **settings: str) -> Iterator[WatchedServer]:
    """`python -m dashboard` in a folder of its own, until the block ends."""
    hooks = folder / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "sitecustomize.py").write_text(AUDIT)
    calls = folder / "calls.txt"
    path = os.pathsep.join([str(hooks), str(ROOT)])
    environment = {"PYTHONPATH": path, "WATCHED_SOCKETS": str(calls)} | settings
    with serving(folder / "runs", folder / "data", None, cwd=hooks, **environment) as server:
        yield WatchedServer(server, calls)
