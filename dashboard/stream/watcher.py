"""One connection that watches: what waits to be sent to it, and whether it keeps up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from dashboard.stream.event_encoding import EncodedEvent

FINISH_SECONDS = 3.0
MOST_WAITING = 64
"""Events that may wait for a slow reader; with one more it is dropped, and catches up when it comes again."""


class Watcher:
    """The events on their way to one connection."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[EncodedEvent | None] = asyncio.Queue()
        self._most = MOST_WAITING
        self.dropped: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def begin_with(self, events: Iterable[EncodedEvent]) -> None:
        """Have these sent first, however many they are."""
        for event in events:
            self._waiting.put_nowait(event)
        self._most = MOST_WAITING + self._waiting.qsize()

    def offer(self, event: EncodedEvent) -> bool:
        """Have the event sent; False where the reader is too slow and is dropped."""
        if self._waiting.qsize() >= self._most:
            self.drop()
            return False
        self._waiting.put_nowait(event)
        return True

    def finish(self) -> None:
        """Let the connection end after what waits, or be dropped where that is not read."""
        self._waiting.put_nowait(None)
        self.dropped.get_loop().call_later(FINISH_SECONDS, self.drop)

    def drop(self) -> None:
        """Have the connection cut."""
        if not self.dropped.done():
            self.dropped.set_result(None)

    async def next_event(self) -> EncodedEvent | None:
        """The next event; None when no more will come."""
        return await self._waiting.get()
