"""How many browsers look at runs now: where many do, each looks less often, so that the server answers what is pressed."""

from __future__ import annotations

import time
from threading import Lock

RECENT = 10.0
"""Seconds after which a browser that has not looked again is gone; longer than the longest time between two looks."""
FEW = 12
"""So many may look every second: each look costs the server's one interpreter about a hundredth of it."""

_lock = Lock()
_looked: dict[str, float] = {}


def look(session: str) -> int:
    """Note that this session looks now; how many looked lately."""
    now = time.monotonic()
    with _lock:
        _looked[session] = now
        for gone in [one for one, moment in _looked.items() if now - moment > RECENT]:
            del _looked[gone]
        return len(_looked)


def stretch(audience: int) -> int:
    """How many times longer each waits: in whole steps, so that a browser more or less changes nothing."""
    return 1 + max(0, audience - 1) // FEW
