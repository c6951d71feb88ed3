"""The sweeps that pages have asked to be watched: a sweep has no id of its own before it has a run."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import OrderedDict

from kdcore.studies.sweep import Sweep

PREFIX = "sweep-"
MOST = 256

_lock = threading.Lock()
_watched: OrderedDict[str, tuple[Sweep, str]] = OrderedDict()


def watch(sweep: Sweep, address: str) -> str:
    """What stands in place of a run's id in the address of the sweep's stream. address: the start of its runs' addresses."""
    # Not as canonical JSON: that would lose the order of the fields, which is that of the axes.
    digest = hashlib.sha256(f"{sweep.model_dump_json()} {address}".encode()).digest()
    name = PREFIX + base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")
    with _lock:
        _watched[name] = sweep, address
        _watched.move_to_end(name)
        while len(_watched) > MOST:
            _watched.popitem(last=False)
    return name


def watched_sweep(name: str) -> tuple[Sweep, str] | None:
    """The sweep of that name with the start of its runs' addresses; None where no page asked for it."""
    with _lock:
        return _watched.get(name)
