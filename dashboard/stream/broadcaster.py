"""What is watched, read once and sent once to all who watch it; who was away gets what was missed."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor

from dashboard.stream.event_encoding import EncodedEvent
from dashboard.stream.page_snapshot import PageSnapshot, SnapshotReader
from dashboard.stream.snapshot_changes import as_json, changes, whole_message
from dashboard.stream.watcher import Watcher
from kdcore.errors import StillroomError
from kdcore.texts import N_

BEAT_SECONDS = 10.0
"""Between two signs of life while nothing changes."""
LINGER_SECONDS = 10.0
"""How long it goes on when the last watcher has left: a browser that lost its connection comes back and gets what it missed."""
KEPT_EVENTS, KEPT_BYTES = 600, 1 << 20
BEAT = EncodedEvent("", "0", "beat")
END = EncodedEvent("", "0", "end")
BROKEN = N_("Something in Stillroom went wrong here; what happened is written in the server's log.")
CLOSED = N_("The server is closing.")
_log = logging.getLogger(__name__)


class Broadcaster:
    """One run (or sweep, or list) in one language. All methods belong to the event loop; reading happens in a thread."""

    def __init__(self, reader: SnapshotReader, executor: Executor, on_end: Callable[[], None]) -> None:
        """`on_end` is called when it sends nothing more."""
        self._reader, self._executor, self._on_end = reader, executor, on_end
        self._watchers: set[Watcher] = set()
        self._events: deque[EncodedEvent] = deque()
        self._bytes = 0
        self._name, self._count = secrets.token_hex(4), 0
        self._before = PageSnapshot()
        self._whole: EncodedEvent | None = None
        self._first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wanted = time.monotonic()
        self.ended = False
        self._task = asyncio.create_task(self._broadcast())

    # ---- who watches ----------------------------------------------------------------------------------------------

    def join(self, watcher: Watcher, events: list[EncodedEvent]) -> None:
        """Send the watcher those events (what `events_after` returned just now), and all that follows."""
        watcher.begin_with(events)
        if self.ended:
            watcher.offer(END)
            watcher.finish()
        else:
            self._watchers.add(watcher)

    def leave(self, watcher: Watcher) -> None:
        """Send the watcher nothing more."""
        self._watchers.discard(watcher)
        self._wanted = time.monotonic()

    async def events_after(self, after: str) -> list[EncodedEvent]:
        """What came after that version; where that is not known any more, one event with everything.

        Raises:
            StillroomError: what is watched cannot be read.
        """
        self._wanted = time.monotonic()
        await asyncio.shield(self._first)
        kept = [event.version for event in self._events]
        if after == self._version:
            return []
        if after in kept:
            return list(self._events)[kept.index(after) + 1 :]
        if self._whole is None:
            self._whole = EncodedEvent(self._version, as_json(whole_message(self._before)))
        return [self._whole]

    @property
    def watchers(self) -> int:
        """How many watch now."""
        return len(self._watchers)

    @property
    def _version(self) -> str:
        return f"{self._name}-{self._count}"

    def close(self) -> None:
        """Stop; watchers are sent home."""
        self._task.cancel()

    # ---- what they get --------------------------------------------------------------------------------------------

    async def _broadcast(self) -> None:
        try:
            await self._read_and_send()
        except Exception as error:
            if not isinstance(error, StillroomError):
                _log.exception(N_("What is watched cannot be read."))
            self._say_first(error if isinstance(error, StillroomError) else StillroomError(BROKEN))
        finally:
            self._say_first(StillroomError(CLOSED))
            for watcher in self._watchers:
                watcher.finish()
            self._watchers.clear()
            self._on_end()

    async def _read_and_send(self) -> None:
        loop = asyncio.get_running_loop()
        sent = time.monotonic()
        while self._is_wanted():
            snapshot, new = await loop.run_in_executor(self._executor, self._read)
            if event := self._take(snapshot, new):
                self._send(event)
            self._say_first(None)
            if self.ended:
                self._send(END)
                return
            if event:
                sent = time.monotonic()
            elif time.monotonic() - sent > BEAT_SECONDS:
                self._send(BEAT)
                sent = time.monotonic()
            await asyncio.sleep(self._reader.pause)

    def _is_wanted(self) -> bool:
        return bool(self._watchers) or time.monotonic() - self._wanted < LINGER_SECONDS

    def _say_first(self, error: StillroomError | None) -> None:
        """Let those join who wait for the first reading."""
        if self._first.done():
            return
        if error is None:
            self._first.set_result(None)
        else:
            self._first.set_exception(error)
            self._first.exception()  # retrieved, also where nobody waits

    def _read(self) -> tuple[PageSnapshot, EncodedEvent | None]:
        """In a thread: the newest moment, and what is new in it."""
        snapshot = self._reader.read()
        if snapshot is None:
            return self._before, None
        message = changes(self._before, snapshot)
        if not message:
            return snapshot, None
        event = EncodedEvent(f"{self._name}-{self._count + 1}", as_json(message))
        event.deflated  # noqa: B018  compressed here, not in the event loop
        return snapshot, event

    def _take(self, snapshot: PageSnapshot, event: EncodedEvent | None) -> EncodedEvent | None:
        """Make it the present moment, and keep the event for who was away."""
        self._before, self.ended = snapshot, snapshot.ended
        if event is None:
            return None
        self._count += 1
        self._whole = None
        self._events.append(event)
        self._bytes += len(event.plain)
        while len(self._events) > KEPT_EVENTS or (self._bytes > KEPT_BYTES and len(self._events) > 1):
            self._bytes -= len(self._events.popleft().plain)
        return event

    def _send(self, event: EncodedEvent) -> None:
        for watcher in [*self._watchers]:
            if not watcher.offer(event):
                self._watchers.discard(watcher)
