"""The runs that train or wait: what of the list of runs changes by itself."""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from dashboard.data import run_manager
from kdcore.runs.run_record import Run, Status

if TYPE_CHECKING:
    from kdcore.runs.manager import Manager

ACTIVE: tuple[Status, ...] = ("queued", "running", "paused")
LIST = "runs"
"""In place of a run's id in the address of a stream: the list of runs."""
MOST = 200
SHARED_SECONDS = 0.25
"""Viewers share what was read within this time."""


def active_runs() -> tuple[Run, ...]:
    """These runs, read once for all viewers."""
    return _active_runs(*_asked_now())


def _asked_now() -> tuple[Manager, int]:
    return run_manager.manager(), int(time.monotonic() / SHARED_SECONDS)


@lru_cache(maxsize=1)
def _list_version(runs: Manager, moment: int) -> tuple[float, ...]:
    return runs.store.list_version()


@lru_cache(maxsize=1)
def _active_runs(runs: Manager, moment: int) -> tuple[Run, ...]:
    return tuple(run for status in ACTIVE for run in runs.runs(status=status, limit=MOST))


def active_state(runs: Sequence[Run]) -> str:
    """A short text that changes when the list of runs has to be drawn anew: one has begun, has ended, is in another state or was
    deleted. A run that begins and ends between two looks is one more, too."""
    shown = sorted((run.id, run.status) for run in runs), _list_version(*_asked_now())
    return f"{zlib.crc32(repr(shown).encode()):x}"
