"""Requests that no browser makes, written to the socket as they are."""

from __future__ import annotations

import random
import socket

from scripts.attack.hostile_links import ELSEWHERE

PATIENCE = 20.0
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "NONSENSE")
PATHS = (
    "/", "/train", "/live/x", "/live/%2e%2e%2fruns.sqlite3", "/media/../../etc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
    "/_stcore/health", "/_stcore/stream", "/_stcore/metrics", "/_stcore/agent/interact", "/_stcore/upload_file/a/b", "/_stcore/host-config",
    "/_stcore/bidi-components/../../x", "/component/x/../../../etc/passwd", "/%00", "/" + "a" * 7000, "/?" + "q=" * 3000, "http://" + ELSEWHERE + "/", "*",
)  # fmt: skip
HOSTS = (
    "{own}",
    "{own}",
    "{own}",
    ELSEWHERE,
    f"{ELSEWHERE}:80",
    "localhost:1",
    "",
    "a b",
    "127.0.0.1.nip.test",
    "[::1]:8501",
    "localhost@" + ELSEWHERE,
)
ORIGINS = (
    "",
    "http://{own}",
    f"http://{ELSEWHERE}",
    "null",
    "http://localhost:1",
    "file://",
    "http://" + "a" * 5000,
)
REFUSED = range(400, 500)


def raw_request(chance: random.Random, own: str) -> tuple[bytes, bool]:
    """A request, and whether it comes from elsewhere and has to be refused."""
    method, path = chance.choice(METHODS), chance.choice(PATHS)
    host, origin = chance.choice(HOSTS).format(own=own), chance.choice(ORIGINS).format(own=own)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"Origin: {origin}"] if origin else []
    if chance.random() < 0.3:
        lines[2:] = [
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            *lines[3:],
        ]
    if chance.random() < 0.2:
        lines.append(
            f"Cookie: {chance.choice(('stillroom_1=', '_streamlit_xsrf=', ''))}{chance.randbytes(40).hex()}"
        )
    if chance.random() < 0.2:
        lines += ["Content-Length: " + chance.choice(("-1", "999999999999", "x", "5")), "", "hello"]
    foreign = host not in (own, "localhost:1", "[::1]:8501") or (bool(origin) and origin != f"http://{host}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace"), foreign


def answer_of(port: int, request: bytes) -> int:
    """The status that it is answered; 0 where the connection is closed without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        try:
            connection.sendall(request)
            connection.settimeout(2.0)
            words = connection.recv(64).split()
        except OSError:
            return 0
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
