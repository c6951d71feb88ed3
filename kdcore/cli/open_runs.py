"""The record of the runs folder, for a command."""

from __future__ import annotations

from kdcore.runs.lost_runs import record_lost
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store


def open_runs() -> Store:
    """The runs; those whose worker was killed are said to be lost, whether or not a server is there to notice.

    Raises:
        OutOfResources: the folder cannot be written.
        RunRefused: the database was written by a newer version, or is none.
    """
    store = Store(runs_folder())
    record_lost(store)
    return store
