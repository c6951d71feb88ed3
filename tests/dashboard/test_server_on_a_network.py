"""What a running server answers to whom, started from another folder than the checkout."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from psutil import CONN_LISTEN, Process

from scripts.attack.watched_server import WatchedServer, watched_server

PROMPT = 1.0
"""Seconds within which the health check answers, whatever else is asked."""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedServer]:
    with watched_server(tmp_path_factory.mktemp("server")) as server:
        yield server


def test_foreign_handshakes_hold_nobody_up_and_nothing_calls_outside(watched: WatchedServer) -> None:
    own = f"http://localhost:{watched.port}"
    assert watched.handshake(own) == 101
    with ThreadPoolExecutor(4) as others:
        foreign = [others.submit(watched.handshake, f"http://evil{n}.test") for n in range(8)]
        began = time.monotonic()
        assert watched.answer("/_stcore/health").status == 200
        assert time.monotonic() - began < PROMPT
        assert [one.result() for one in foreign] == [403] * 8
    assert watched.handshake("http://localhost:1") == 403
    assert watched.handshake("http://evil.test", host="evil.test") == 403
    assert watched.answer("/", host="evil.test").status == 403
    assert watched.answer("/", origin="http://evil.test").status == 403
    assert watched.calls_outside() == []


def test_only_this_machine_reaches_it_unless_host_says_more(watched: WatchedServer) -> None:
    assert "Only this machine can open it" in watched.server.log.read_text()
    listening = {
        one.laddr.ip
        for one in Process(watched.server.process.pid).net_connections()
        if one.status == CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_from_another_folder_it_is_as_closed(watched: WatchedServer) -> None:
    page = watched.answer("/train")
    assert "frame-ancestors 'none'" in page.header("content-security-policy")
    assert f"stillroom_{watched.port}=" in page.header("set-cookie")
    assert watched.answer("/_stcore/metrics").status == 404
