"""A browser is there as long as one of its pages is connected."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from starlette.types import Receive, Scope, Send

from dashboard.data import run_manager
from dashboard.middleware.browser_presence import BrowserPresence
from dashboard.serving_address import port
from dashboard.session import cookie_name

BROWSER = "c" * 32


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the queue is told."""
    said: list[tuple[str, str]] = []
    presence = SimpleNamespace(
        arrive=lambda owner: said.append(("arrive", owner)), leave=lambda owner: said.append(("leave", owner))
    )
    monkeypatch.setattr(run_manager, "manager", lambda: SimpleNamespace(presence=presence))
    return said


def connect(kind: str, cookie: str, inside: list[object]) -> None:
    """A connection that breaks after what it does is noted."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        inside.append("served")
        raise ConnectionResetError

    scope = {"type": kind, "headers": [(b"cookie", f"{cookie_name(port())}={cookie}".encode())]}
    with pytest.raises(ConnectionResetError):
        asyncio.run(BrowserPresence(app)(scope, None, None))  # type: ignore[arg-type]


def test_the_queue_hears_of_a_browser_that_comes_and_of_one_that_is_cut_off(
    heard: list[tuple[str, str]],
) -> None:
    connect("websocket", BROWSER, heard)  # type: ignore[arg-type]
    assert heard == [("arrive", BROWSER), "served", ("leave", BROWSER)]


@pytest.mark.parametrize(("kind", "cookie"), [("http", BROWSER), ("websocket", "made up")])
def test_other_connections_say_nothing_of_who_is_there(
    heard: list[tuple[str, str]], kind: str, cookie: str
) -> None:
    connect(kind, cookie, heard)  # type: ignore[arg-type]
    assert heard == ["served"]
