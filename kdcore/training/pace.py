"""How fast a run goes: as fast as it can, or so many steps a second, so that somebody can follow each of them."""

from __future__ import annotations

import math
import time

FRAMES = 10.0
"""Steps a second that an eye can follow: of a faster pace, not every step is shown."""


class Pace:
    """Steps a second, 0 for as fast as it goes. Which steps are shown depends on the pace and the step, never on the clock."""

    def __init__(self) -> None:
        self.steps_per_second = 0.0
        self._due = float("-inf")

    def change(self, steps_per_second: float) -> None:
        """Go at another pace from the next step on."""
        self.steps_per_second = steps_per_second
        self._due = float("-inf")

    def is_shown(self, step: int) -> bool:
        """Whether the state after so many steps is one that somebody watches."""
        if not self.steps_per_second:
            return False
        return step % math.ceil(self.steps_per_second / FRAMES) == 0

    def count(self) -> None:
        """A step begins: the next one is due a while later."""
        if self.steps_per_second:
            now = time.monotonic()
            # A step that took longer than its time is not made up for: nobody could follow what comes after.
            self._due = max(self._due, now - 1 / self.steps_per_second) + 1 / self.steps_per_second

    def rest(self) -> float:
        """Seconds until the next step is due; 0 where it is."""
        return max(0.0, self._due - time.monotonic())
