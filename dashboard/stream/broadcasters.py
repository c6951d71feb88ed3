"""The broadcasters of this server, one for all who watch the same in the same language."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor

from dashboard.stream.broadcaster import Broadcaster
from dashboard.stream.page_snapshot import SnapshotReader
from kdcore.errors import OutOfResources
from kdcore.texts import N_

MOST = 64
READING_THREADS = 4
TOO_MANY = N_("Too many different runs are watched at once. Try again in a minute.")


class Broadcasters:
    """Starts a broadcaster with its first watcher, and forgets it when it has ended."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._broadcasters: dict[Hashable, Broadcaster] = {}
        self._executor = ThreadPoolExecutor(READING_THREADS, "stream")
        self._door = ThreadPoolExecutor(1, "stream-door")

    async def of(
        self, key: Hashable, reader: Callable[[], SnapshotReader], admits: Callable[[], None] | None = None
    ) -> Broadcaster:
        """The broadcaster with that key; a new one reads from `reader`. `admits` is asked first, for each who watches.

        Raises:
            RunRefused: there is nothing of that key, or this one may not watch it.
            OutOfResources: too many different ones are watched.
        """
        if admits is not None:
            await asyncio.get_running_loop().run_in_executor(self._door, admits)
        if (found := self._going_on(key)) is not None:
            return found
        new_reader = reader()
        # By a thread of its own: made-up keys, however many, hinder no reading of what is watched.
        await asyncio.get_running_loop().run_in_executor(self._door, new_reader.check)
        if (found := self._going_on(key)) is not None:
            return found
        if len(self._broadcasters) >= self.most:
            raise OutOfResources(TOO_MANY)
        new = Broadcaster(new_reader, self._executor, lambda: self._forget(key, new))
        self._broadcasters[key] = new
        return new

    def _going_on(self, key: Hashable) -> Broadcaster | None:
        found = self._broadcasters.get(key)
        return None if found is None or found.ended else found

    def _forget(self, key: Hashable, ended: Broadcaster) -> None:
        if self._broadcasters.get(key) is ended:
            del self._broadcasters[key]

    def close(self) -> None:
        """End all streams."""
        for broadcaster in [*self._broadcasters.values()]:
            broadcaster.close()
        self._executor.shutdown(wait=False)
        self._door.shutdown(wait=False)
