"""Which requests are let through to Streamlit, and as what it sees them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from dashboard.middleware.origin_check import OriginCheck

NAMES = {"localhost", "laptop", "laptop.local"}
PROXIES = {"https://lab.example.org"}
EVIL = "evil.test"


def passed(kind: str, *headers: tuple[str, str]) -> dict[str, str] | None:
    """The headers with which the application was asked, None where it was not."""
    seen: list[Scope] = []
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    async def receive() -> Message:
        return {"type": f"{kind}.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    scope: dict[str, Any] = {"type": kind, "method": "GET", "path": "/", "scheme": "http", "headers": raw}
    asyncio.run(OriginCheck(app, NAMES, PROXIES)(scope, receive, send))
    if seen:
        return {name.decode(): value.decode("latin-1") for name, value in seen[0]["headers"]}
    assert sent[0] == {"type": "websocket.close", "code": 1008} or sent[0]["status"] == 403
    return None


@pytest.mark.parametrize(
    "host",
    ["localhost:8501", "LOCALHOST:8501", "laptop", "laptop.local:8501", "127.0.0.1:8501", "192.168.1.7:8501", "[::1]:8501", "lab.example.org"],
)  # fmt: skip
def test_the_servers_own_names_and_any_address_are_known(host: str) -> None:
    assert passed("http", ("host", host))
    assert passed("websocket", ("host", host), ("origin", f"http://{host}".lower()))


@pytest.mark.parametrize(
    "host",
    [EVIL, f"{EVIL}:8501", "localhost.evil.test", "127.0.0.1.nip.test", "", "localhost:x", "evil.test@localhost", "localhost/evil", "a b"],
)  # fmt: skip
def test_a_rebound_or_malformed_name_is_not(host: str) -> None:
    assert passed("http", ("host", host)) is None
    assert passed("websocket", ("host", host), ("origin", f"http://{host}")) is None


def test_one_host_is_named_exactly() -> None:
    assert passed("http") is None
    assert passed("http", ("host", "localhost"), ("host", EVIL)) is None


@pytest.mark.parametrize(
    "origin",
    [f"http://{EVIL}", "http://localhost:9999", "http://localhost", "http://127.0.0.1:8501", "null", "", "file://", "ws://localhost:8501", "https://lab.example.org.evil.test"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_an_origin_of_another_host_or_port_is_refused(kind: str, origin: str) -> None:
    assert passed(kind, ("host", "localhost:8501"), ("origin", origin)) is None


def test_a_second_origin_is_refused() -> None:
    own = ("origin", "http://localhost:8501")
    assert passed("websocket", ("host", "localhost:8501"), own)
    assert passed("websocket", ("host", "localhost:8501"), own, ("origin", f"http://{EVIL}")) is None


def test_what_is_no_browser_sends_no_origin_and_is_let_through() -> None:
    assert passed("websocket", ("host", "localhost:8501"))


def test_a_page_behind_a_proxy_is_known_and_looks_to_streamlit_like_the_servers_own() -> None:
    seen = passed("websocket", ("host", "127.0.0.1:8501"), ("origin", "https://lab.example.org"))
    assert seen == {"host": "127.0.0.1:8501", "origin": "http://127.0.0.1:8501"}


def test_pages_of_other_sites_may_link_here_but_not_read() -> None:
    host, foreign = ("host", "localhost:8501"), ("sec-fetch-site", "cross-site")
    assert passed("http", host, foreign, ("sec-fetch-mode", "navigate"))
    assert passed("http", host, foreign, ("sec-fetch-mode", "no-cors")) is None
    assert passed("http", host, ("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors")) is None
    assert passed("http", host, ("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors"))
