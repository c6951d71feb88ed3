"""The broadcasters of this server, one for all who watch the same in the same language."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor

from dashboard.stream.broadcaster import Broadcaster
from dashboard.stream.page_snapshot import SnapshotReader
from kdcore.errors import OutOfResources

MOST = 64
READING_THREADS = 4
TOO_MANY = "Too many different runs are watched at once. Try again in a minute."


class Broadcasters:
    """Starts a broadcaster with its first watcher, and forgets it when it has ended."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._broadcasters: dict[Hashable, Broadcaster] = {}
        self._executor = ThreadPoolExecutor(READING_THREADS, "stream")

    def of(self, key: Hashable, reader: Callable[[], SnapshotReader]) -> Broadcaster:
        """The broadcaster with that key; a new one reads from `reader`.

        Raises:
            OutOfResources: too many different ones are watched.
        """
        found = self._broadcasters.get(key)
        if found is not None and not found.ended:
            return found
        if len(self._broadcasters) >= self.most:
            raise OutOfResources(TOO_MANY)
        new = Broadcaster(reader(), self._executor, lambda: self._forget(key, new))
        self._broadcasters[key] = new
        return new

    def _forget(self, key: Hashable, ended: Broadcaster) -> None:
        if self._broadcasters.get(key) is ended:
            del self._broadcasters[key]

    def close(self) -> None:
        """End all streams."""
        for broadcaster in [*self._broadcasters.values()]:
            broadcaster.close()
        self._executor.shutdown(wait=False)
