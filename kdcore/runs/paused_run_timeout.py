"""When a run that was paused and left alone gives up its slot to those that wait: it is parked, and can be resumed."""

from __future__ import annotations

import time

PARK_SECONDS = 60.0
"""How long a run stays paused before it gives up its slot."""


def paused_too_long(paused_since: float | None, last_command: float, park_after: float) -> bool:
    """Whether a run has been paused, and told nothing, for `park_after` seconds; both times are of the monotonic clock."""
    return paused_since is not None and time.monotonic() - max(paused_since, last_command) >= park_after
