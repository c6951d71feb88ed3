"""How many browsers watch runs now: where many do, each polls less often, so that the server answers what is pressed."""

from __future__ import annotations

import time
from threading import Lock

from streamlit.runtime.scriptrunner import get_script_run_ctx

RECENT = 10.0
"""Seconds after which a browser that has not polled again is gone; longer than the longest time between two polls."""
FEW = 12
"""Viewers that may poll every second: each poll costs the server's one interpreter about a hundredth of it."""

_lock = Lock()
_polled: dict[str, float] = {}


def count_this_viewer() -> int:
    """Note that this browser session polls now; how many have lately."""
    context = get_script_run_ctx()
    return count_viewers(context.session_id if context else "")


def count_viewers(session: str) -> int:
    """Note that a session polls now; how many have lately."""
    now = time.monotonic()
    with _lock:
        _polled[session] = now
        for gone in [each for each, moment in _polled.items() if now - moment > RECENT]:
            del _polled[gone]
        return len(_polled)


def poll_factor(viewers: int) -> int:
    """How many times longer each waits: in whole steps, so that a browser more or less changes nothing."""
    return 1 + max(0, viewers - 1) // FEW
