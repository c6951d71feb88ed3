"""How many streams may be open: for one browser, and in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

STREAMS_PER_BROWSER = 4
"""A browser opens at most six connections to a server without TLS: two stay free for pages and pictures."""
STREAMS_IN_ALL = 400


class TooManyStreams(Exception):
    """One stream more than may be open. everywhere: not only in this browser."""

    def __init__(self, *, everywhere: bool) -> None:
        super().__init__()
        self.everywhere = everywhere


class StreamLimits:
    """Counts open streams."""

    def __init__(self, per_browser: int = STREAMS_PER_BROWSER, in_all: int = STREAMS_IN_ALL) -> None:
        self.per_browser, self.in_all = per_browser, in_all
        self._open: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """How many are open now."""
        return self._open.total()

    @contextmanager
    def one_more(self, browser: str) -> Iterator[None]:
        """Count a stream of this browser while it is open.

        Raises:
            TooManyStreams: there are as many as may be.
        """
        if self.open >= self.in_all:
            raise TooManyStreams(everywhere=True)
        if self._open[browser] >= self.per_browser:
            raise TooManyStreams(everywhere=False)
        self._open[browser] += 1
        try:
            yield
        finally:
            self._open[browser] -= 1
            if not self._open[browser]:
                del self._open[browser]
