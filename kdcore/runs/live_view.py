"""A run's record as many viewers share it: read at most 25 times a second, and only what is new."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from operator import attrgetter
from typing import TypeVar

from kdcore.runs.curve_store import Point, StoredEvent
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store

FRESH_SECONDS = 0.04
SEQ = attrgetter("seq")
Row = TypeVar("Row")


class LiveView:
    """One run's record in memory. Safe to use from any thread."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store, self.run_id = store, run_id
        self._lock, self._run_lock = threading.Lock(), threading.Lock()
        self._rows_read_at = float("-inf")
        self._last: tuple[float, Run | None] = (float("-inf"), None)
        """When the run was read, and the run. Replaced as one, so that it can be looked at without a lock."""
        self._reset()

    def _reset(self) -> None:
        self._cuts = 0
        self._points: list[Point] = []
        self._events: list[StoredEvent] = []
        self._series: dict[tuple[str, str, str], list[Point]] = {}
        self._thinned: dict[int, list[Point]] = {}

    def invalidate(self) -> None:
        """Read again at the next call: this process has changed something."""
        with self._lock, self._run_lock:
            self._rows_read_at = float("-inf")
            self._last = (float("-inf"), None)

    def run(self) -> Run:
        """The run."""
        return self._read_run()[1]

    def points(self, after: int) -> list[Point]:
        """Points newer than `after`."""
        with self._lock:
            self._read_rows()
            return self._points[bisect_right(self._points, after, key=SEQ) :]

    def events(self, after: int) -> list[StoredEvent]:
        """Events newer than `after`."""
        with self._lock:
            self._read_rows()
            return self._events[bisect_right(self._events, after, key=SEQ) :]

    def curves(self, max_points: int) -> list[Point]:
        """All curves, each thinned to at most `max_points`; all viewers get the same list until it is outdated: do not change it."""
        with self._lock:
            self._read_rows()
            if max_points not in self._thinned:
                self._thinned[max_points] = [p for s in self._series.values() for p in thinned(s, max_points)]
            return self._thinned[max_points]

    def _read_run(self) -> tuple[float, Run]:
        """When it was read, and the run. A fresh run is given without a lock: pages ask for it often, and many threads would queue up."""
        if fresh := self._fresh():
            return fresh
        with self._run_lock:
            if fresh := self._fresh():  # another thread has read it meanwhile
                return fresh
            now = time.monotonic()
            read = now, self.store.run(self.run_id)
            self._last = read
            return read

    def _fresh(self) -> tuple[float, Run] | None:
        read_at, run = self._last
        return (read_at, run) if run is not None and time.monotonic() - read_at <= FRESH_SECONDS else None

    def _read_rows(self) -> None:
        read_at, run = self._read_run()
        if self._rows_read_at == read_at:
            return
        if run.cuts != self._cuts:
            self._reset()
            self._cuts = run.cuts
        new_points = self.store.points(self.run_id, self._points[-1].seq if self._points else 0)
        self._events += self.store.events(self.run_id, self._events[-1].seq if self._events else 0)
        for point in new_points:
            self._series.setdefault((point.phase, point.role, point.series), []).append(point)
        if new_points:
            self._points += new_points
            self._thinned = {}
        self._rows_read_at = read_at


def thinned(points: list[Row], most: int) -> list[Row]:
    """At most `most` of the points, including the first and the last.

    The stride is a power of two, so that a growing curve keeps the points that were drawn before and does not flicker.
    """
    stride = 1
    while (len(points) - 2) // stride + 2 > most and stride < len(points):
        stride *= 2
    kept = points[:-1:stride]
    return kept + points[-1:]
