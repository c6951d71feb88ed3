"""Speed, time left, and when progress and checkpoints are due: by the wall clock, on which nothing that is trained depends."""

from __future__ import annotations

import time

PROGRESS_SECONDS = 0.1
CHECKPOINT_SECONDS = 15.0


class ProgressClock:
    """Counts from its making on."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget the speed so far: the run was paused."""
        self._began = self._progress_at = self._checkpoint_at = time.monotonic()
        self._images = self._steps = 0

    def count(self, images: int) -> None:
        """One more step, over so many images."""
        self._images += images
        self._steps += 1

    def speed(self, steps_left: int) -> tuple[float | None, float | None]:
        """Images per second and seconds left; None before the first step."""
        seconds = time.monotonic() - self._began
        if not self._steps or seconds <= 0:
            return None, None
        return self._images / seconds, steps_left * seconds / self._steps

    def progress_is_due(self) -> bool:
        """Whether PROGRESS_SECONDS have passed since this last was true."""
        now = time.monotonic()
        due = now - self._progress_at >= PROGRESS_SECONDS
        self._progress_at = now if due else self._progress_at
        return due

    def checkpoint_is_due(self) -> bool:
        """Whether CHECKPOINT_SECONDS have passed since this last was true."""
        now = time.monotonic()
        due = now - self._checkpoint_at >= CHECKPOINT_SECONDS
        self._checkpoint_at = now if due else self._checkpoint_at
        return due
