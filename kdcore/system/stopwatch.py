"""Seconds of work: by the clock, and by the processor, which what else the machine does leaves nearly the same."""

from __future__ import annotations

import time


class Stopwatch:
    """Counts from its making on, until it is held."""

    def __init__(self, clock: float = 0.0, processor: float = 0.0) -> None:
        """`clock` and `processor`: seconds that were counted before."""
        self._clock, self._processor = clock, processor
        self._since: tuple[float, float] | None = None
        self.go_on()

    @property
    def clock(self) -> float:
        """Seconds by the clock."""
        return self._clock + (time.monotonic() - self._since[0] if self._since else 0.0)

    @property
    def processor(self) -> float:
        """Seconds of all threads of this process together."""
        return self._processor + (time.process_time() - self._since[1] if self._since else 0.0)

    def hold(self) -> None:
        """Count no further for now."""
        self._clock, self._processor, self._since = self.clock, self.processor, None

    def go_on(self) -> None:
        """Count on."""
        self._since = (time.monotonic(), time.process_time())
