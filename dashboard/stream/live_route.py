"""`/live/...`: who asks, whether it may watch, and the stream or the answer to a poll that it gets.

Whoever has a run's link may watch it, as on its page; pages of other sites are turned away before (`dashboard.middleware`).
No command goes in here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from dashboard.session import id_in_cookies
from dashboard.stream.broadcaster import Broadcaster
from dashboard.stream.broadcasters import Broadcasters
from dashboard.stream.event_encoding import EncodedEvent, GzipStream
from dashboard.stream.page_snapshot import SnapshotReader
from dashboard.stream.stream_limits import StreamLimits, TooManyStreams
from dashboard.stream.watcher import Watcher
from kdcore.errors import RunRefused, StillroomError
from kdcore.texts import N_

RETRY_MILLISECONDS = 1000
ABORT_SECONDS = 1.0
UNKNOWN = N_("There is nothing to watch here.")
TOO_MANY_HERE = N_("This browser watches in too many tabs at once: close one.")
TOO_MANY_EVERYWHERE = N_("Too many browsers watch at once. Try again in a minute.")
NO_STORE = {"cache-control": "no-store"}
EVENT_STREAM = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
    "vary": "accept-encoding",
}


@dataclass(frozen=True)
class Watched:
    """What a request wants to watch: a key for all who watch the same, how to begin to read it, and who may.

    admits: raises RunRefused for a request that may not; None where whoever knows the address may.
    """

    key: Hashable
    reader: Callable[[], SnapshotReader]
    admits: Callable[[], None] | None = None


class LiveRoute:
    """The ASGI endpoint. `find` says what a request wants to watch, None where its path names nothing that can be."""

    def __init__(
        self,
        broadcasters: Callable[[], Broadcasters],
        limits: StreamLimits,
        find: Callable[[Request], Watched | None],
    ) -> None:
        self._broadcasters, self.limits, self._find = broadcasters, limits, find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a stream, or with what is new since `?after=`."""
        request = Request(scope, receive)
        if (watched := self._find(request)) is None:
            answer: Response | None = PlainTextResponse(UNKNOWN, 404, NO_STORE)
        else:
            answer = await self._watch(watched, request, receive, send)
        if answer is not None:
            await answer(scope, receive, send)

    async def _watch(
        self, watched: Watched, request: Request, receive: Receive, send: Send
    ) -> Response | None:
        """Send the stream and return None; or the answer in its place."""
        try:
            broadcaster = await self._broadcasters().of(watched.key, watched.reader, watched.admits)
            if (after := request.query_params.get("after")) is not None:
                return poll_answer(await broadcaster.events_after(after), broadcaster.ended)
            with self.limits.one_more(browser_of(request)):
                events = await broadcaster.events_after(request.headers.get("last-event-id", ""))
                await self._stream(broadcaster, events, request, receive, send)
        except TooManyStreams as error:
            if error.everywhere:
                return PlainTextResponse(TOO_MANY_EVERYWHERE, 503, NO_STORE)
            return PlainTextResponse(TOO_MANY_HERE, 429, NO_STORE)
        except RunRefused:
            return PlainTextResponse(UNKNOWN, 404, NO_STORE)
        except StillroomError as error:
            return PlainTextResponse(str(error), 503, NO_STORE)
        return None

    async def _stream(
        self,
        broadcaster: Broadcaster,
        events: list[EncodedEvent],
        request: Request,
        receive: Receive,
        send: Send,
    ) -> None:
        """Send events until no more come, the browser is gone, or it does not keep up."""
        watcher = Watcher()
        broadcaster.join(watcher, events)
        zipped = "gzip" in request.headers.get("accept-encoding", "")
        async with (
            _task(_send_events(watcher, send, GzipStream() if zipped else None)) as sending,
            _task(_disconnected(receive)) as gone,
        ):
            try:
                await asyncio.wait({sending, gone, watcher.dropped}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                broadcaster.leave(watcher)
            if watcher.dropped.done() and not (sending.done() or gone.done()):
                abort(receive)
                await asyncio.wait({gone}, timeout=ABORT_SECONDS)


@asynccontextmanager
async def _task(work: Coroutine[None, None, None]) -> AsyncIterator[asyncio.Task[None]]:
    """The work as a task that does not outlive the block."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _send_events(watcher: Watcher, send: Send, zipped: GzipStream | None) -> None:
    headers = {**EVENT_STREAM, **({"content-encoding": "gzip"} if zipped else {})}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    event: EncodedEvent | None = EncodedEvent("", "0", "beat", retry=RETRY_MILLISECONDS)
    while event is not None:
        body = zipped.add(event) if zipped else event.plain
        await send({"type": "http.response.body", "body": body, "more_body": True})
        event = await watcher.next_event()
    await send({"type": "http.response.body", "body": zipped.end() if zipped else b"", "more_body": False})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def abort(receive: Receive) -> None:
    """Cut the connection of a browser that does not read: what waits for it could never be sent.

    ASGI has no message for that, so uvicorn's transport is asked, where `receive` is its own.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if isinstance(transport, asyncio.Transport):
        transport.abort()


def poll_answer(events: list[EncodedEvent], ended: bool) -> Response:
    """All that is new as one JSON value, for a browser that no stream reaches."""
    version = events[-1].version if events else ""
    return JSONResponse(
        {"version": version, "messages": [json.loads(event.data) for event in events], "ended": ended},
        headers=NO_STORE,
    )


def browser_of(request: Request) -> str:
    """Who asks, for the limit: the browser by its cookie, else by its address."""
    return id_in_cookies(request.cookies) or f"address {request.client.host if request.client else ''}"
