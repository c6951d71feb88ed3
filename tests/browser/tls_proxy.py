"""https before a dashboard, as a proxy serves it: with a certificate for localhost that only these tests know, and no secret."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("localhost.pem")
SIZE = 1 << 16
HOST = b"\r\nHost: "


@contextmanager
def tls_proxy(port: int, of_its_own: int) -> Iterator[str]:
    """Passes on from `of_its_own`, over https, to the server on `port`, and tells it so; yields the address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    listener = socket.create_server(("127.0.0.1", of_its_own))
    threading.Thread(target=_accept, args=(listener, context, port), daemon=True).start()
    try:
        yield f"https://localhost:{of_its_own}"
    finally:
        listener.close()


def _accept(listener: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError):
        while True:
            browser, _address = listener.accept()
            threading.Thread(target=_serve, args=(browser, context, port), daemon=True).start()


def _serve(raw: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError):
        browser = context.wrap_socket(raw, server_side=True)
        server = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=_pass_on, args=(server, browser), daemon=True).start()
        _pass_on(browser, server, named=True)


def _pass_on(source: socket.socket, target: socket.socket, *, named: bool = False) -> None:
    """named: each request says that it came over https."""
    with suppress(OSError):
        while piece := source.recv(SIZE):
            target.sendall(piece.replace(HOST, b"\r\nX-Forwarded-Proto: https" + HOST) if named else piece)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
