"""Stopping every run at once, whoever started it: what the machine's owner can do and no browser."""

from __future__ import annotations

from contextlib import suppress

from kdcore.errors import RunRefused
from kdcore.events import Command
from kdcore.runs.run_record import Status
from kdcore.runs.store import Store

STOP = Command("stop")
GOING_ON: tuple[Status, ...] = ("queued", "running", "paused")


def stop_all(store: Store) -> list[str]:
    """Stop what waits, then what trains, so that nothing begins meanwhile; returns their ids."""
    stopped = []
    for status in GOING_ON:
        for run in store.runs(status=status, limit=1_000_000):
            with suppress(RunRefused):  # it has ended in this moment
                store.command(run.id, STOP)
                stopped.append(run.id)
    return stopped
