"""What ends a run that goes on: the time that it may train, and space on the disk."""

from __future__ import annotations

import time
from typing import NamedTuple

from kdcore.runs import free_space
from kdcore.runs.queue_limits import QueueLimits
from kdcore.runs.run_record import Status
from kdcore.runs.store import Store

LOOK_SECONDS = 2.0


class RunEnding(NamedTuple):
    """How a run ends that could be resumed, and why, in a sentence."""

    status: Status
    sentence: str


class RunBounds:
    """Looks every two seconds whether a run may go on."""

    def __init__(self, store: Store, run_id: str, limits: QueueLimits | None) -> None:
        """`limits`: what holds for a server's runs; None for a run of the shell, which may take its time."""
        self._store, self._run_id, self._limits = store, run_id, limits
        self._least = free_space.floor()
        self._next = 0.0

    def exceeded(self) -> RunEnding | None:
        """How it has to end, None while it may go on."""
        if time.monotonic() < self._next:
            return None
        self._next = time.monotonic() + LOOK_SECONDS
        if sentence := free_space.low_space(self._store.folder, self._least):
            return RunEnding("parked", sentence)
        if self._limits and self._store.run(self._run_id).active >= 60 * self._limits.minutes:
            return RunEnding("stopped", self._limits.spent)
        return None
