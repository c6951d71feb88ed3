"""Who may watch, what a request gets, and that forged requests cost nobody else anything."""

from __future__ import annotations

import asyncio
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, aclosing, suppress
from typing import Any

import pytest

from bench.stream_reader import StreamEvent, stream_events
from dashboard.data import run_manager
from dashboard.serving_address import DEFAULT_PORT
from dashboard.session import cookie_name
from dashboard.stream import live_streams, run_reader, watcher
from dashboard.stream.stream_limits import STREAMS_PER_BROWSER, StreamLimits
from tests.dashboard.stream.conftest import RUN_ID, StreamServer

PATIENCE = 120.0
PROMPT = 5.0
"""Seconds within which others get a point, whatever somebody else does to the server."""


def play(scene: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(PATIENCE):
            await scene

    asyncio.run(bounded())


def browser(number: int = 0) -> str:
    return f"{cookie_name(DEFAULT_PORT)}={number:032x}"


def stream(server: StreamServer, cookie: str | None = None, last: str = "") -> AsyncIterator[StreamEvent]:
    return stream_events(f"{server.address}/live/{RUN_ID}", cookie or browser(), last)


async def message(events: AsyncIterator[StreamEvent]) -> dict[str, Any]:
    """The next message, past the signs of life."""
    async for event in events:
        if not event.name:
            value: dict[str, Any] = json.loads(event.data)
            return value
    raise AssertionError("the stream has ended")


def status(server: StreamServer, path: str, **headers: str) -> tuple[int, str]:
    """What a request is answered, with an address from this server's root."""
    request = urllib.request.Request(f"{server.address}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


# ---------------------------------------------------------------------------------------------- what a request gets


def test_a_stream_begins_with_everything_and_goes_on_with_what_is_new(server: StreamServer) -> None:
    async def scene() -> None:
        async with aclosing(stream(server)) as events:
            whole = await message(events)
            assert whole["full"]
            assert "epoch 5 of 150" in whole["set"]["text"]
            assert {"error", "loss.raw", "loss.scaled", "side", "layer"} <= {*whole["charts"]}
            server.manager.train(RUN_ID, 1, 5)
            assert "error" in (await message(events))["charts"]

    play(scene())


def test_the_end_is_the_last_event_and_the_stream_is_closed(server: StreamServer) -> None:
    async def scene() -> None:
        events = stream(server)
        await message(events)
        server.manager.finish(RUN_ID)
        rest = [event async for event in events]
        assert rest[-1].name == "end"
        assert json.loads(rest[-2].data)["set"]["state"] == "finished"

    play(scene())


def test_a_poll_gets_the_same_messages(server: StreamServer) -> None:
    code, body = status(server, f"/live/{RUN_ID}?after=")
    answer = json.loads(body)
    assert code == 200
    assert [m["full"] for m in answer["messages"]] == [True]
    assert not answer["ended"]
    again = json.loads(status(server, f"/live/{RUN_ID}?after={answer['version']}")[1])
    assert again["messages"] == []
    server.manager.finish(RUN_ID)
    ended = {"ended": False}
    while not ended["ended"]:
        ended = json.loads(status(server, f"/live/{RUN_ID}?after={answer['version']}")[1])
    assert ended["messages"][-1]["set"]["state"] == "finished"


def test_below_a_path_of_its_own_it_is_the_same(server: StreamServer) -> None:
    assert status(server, f"/lab/live/{RUN_ID}?after=")[0] == 200


# ---------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "run_id",
    [
        "x",
        "run0",
        "x" * 22,
        "x" * 5000,
        "..%2f..%2fetc%2fpasswd",
        "%00" * 22,
        "' OR 1=1 --" + "x" * 11,
        RUN_ID[:-1] + "1",
    ],
)
def test_whatever_names_no_run_is_answered_alike(server: StreamServer, run_id: str) -> None:
    code, body = status(server, "/live/" + run_id.replace(" ", "%20"))
    assert code == 404
    assert run_id not in body


@pytest.mark.parametrize("run_id", ["x" * 21, "x" * 23, "-" * 22])
def test_the_store_is_not_asked_for_what_is_no_id(
    server: StreamServer, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_manager, "manager", lambda: pytest.fail("asked"))
    assert status(server, f"/live/{run_id}")[0] == 404


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://elsewhere.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_a_page_of_another_site_may_not_watch(server: StreamServer, headers: dict[str, str]) -> None:
    assert status(server, f"/live/{RUN_ID}?after=", **headers)[0] == 403
    assert status(server, f"/live/{RUN_ID}?after=", Origin=server.address)[0] == 200


def test_nothing_can_be_sent_there(server: StreamServer) -> None:
    request = urllib.request.Request(f"{server.address}/live/{RUN_ID}", data=b"stop", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=PATIENCE)
    assert refused.value.code == 405


def test_nothing_of_the_owner_or_of_another_run_is_on_it(server: StreamServer) -> None:
    other = server.manager.submit(server.manager.run(RUN_ID).experiment, "another")
    server.manager.train(other.id, 7)
    _code, body = status(server, f"/live/{RUN_ID}?after=")
    assert other.id not in body
    assert '"me"' not in body
    assert "epoch 5 of" in body
    assert "epoch 7 of" not in body


def test_a_browser_has_so_many_streams_and_another_has_its_own(server: StreamServer) -> None:
    async def scene() -> None:
        async with AsyncExitStack() as stack:
            for _ in range(STREAMS_PER_BROWSER):
                events = await stack.enter_async_context(aclosing(stream(server, browser(1))))
                await message(events)
            with pytest.raises(ConnectionRefusedError, match="429"):
                await message(stream(server, browser(1)))
            await message(await stack.enter_async_context(aclosing(stream(server, browser(2)))))
        assert status(server, f"/live/{RUN_ID}?after=", Cookie=browser(1))[0] == 200, "polls go on"
        while live_streams.LIVE.limits.open:
            await asyncio.sleep(0.01)
        async with aclosing(stream(server, browser(1))) as events:
            await message(events)

    play(scene())


# ---------------------------------------------------------------------------------------------- what costs nobody anything


def test_a_thousand_connections_at_once_leave_the_others_their_points(
    server: StreamServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_streams.LIVE, "limits", StreamLimits(in_all=50))

    async def forged(number: int) -> str:
        name = RUN_ID if number % 2 else f"{number:022d}"
        events = stream_events(f"{server.address}/live/{name}", browser(number))
        try:
            await message(events)
        except ConnectionRefusedError as error:
            return str(error).split()[1]
        held.append(events)
        return "200"

    held: list[AsyncIterator[StreamEvent]] = []

    async def scene() -> None:
        async with aclosing(stream(server, browser(10_000))) as events:
            await message(events)
            answers = asyncio.gather(*(forged(number) for number in range(1, 1001)))
            for epoch in range(5, 10):
                server.manager.train(RUN_ID, 1, epoch)
                async with asyncio.timeout(PROMPT):
                    while "error" not in (await message(events)).get("charts", {}):
                        pass
            codes = await answers
            assert codes.count("200") == 49, "one of the fifty watches already"
            assert {*codes} == {"200", "404", "503"}
            for one in held:
                await one.aclose()  # type: ignore[attr-defined]

    play(scene())


def test_a_reader_that_never_reads_is_dropped_and_the_others_get_their_points(
    server: StreamServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "MOST_WAITING", 2)
    monkeypatch.setattr(run_reader, "progress_text", lambda run: f"{run.seq} " * 100_000)
    lazy = socket.socket()
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    lazy.connect((server.host, server.port))
    lazy.sendall(f"GET /live/{RUN_ID} HTTP/1.1\r\nHost: localhost\r\nCookie: {browser(1)}\r\n\r\n".encode())

    async def scene() -> None:
        async with aclosing(stream(server, browser(2))) as events:
            await message(events)
            while live_streams.LIVE.limits.open < 2:
                await asyncio.sleep(0.01)
            epoch = 5
            while live_streams.LIVE.limits.open == 2:
                server.manager.train(RUN_ID, 1, epoch)
                epoch += 1
                began = time.monotonic()
                await message(events)
                assert time.monotonic() - began < PROMPT
            assert live_streams.LIVE.limits.open == 1

    play(scene())
    lazy.settimeout(PATIENCE)
    with suppress(ConnectionResetError):
        while lazy.recv(1 << 20):  # to its end: a connection that stayed open would run into the timeout
            pass
    lazy.close()
