"""A run by the first characters of its id."""

from __future__ import annotations

from kdcore.errors import RunRefused
from kdcore.runs.history import History
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store


def find_run(store: Store, prefix: str | None) -> Run:
    """The one run whose id begins with `prefix`.

    Raises:
        RunRefused: none does, or several do.
    """
    return store.run(find_run_id(History(store), prefix))


def find_run_id(history: History, prefix: str | None, *, deleted: bool = False) -> str:
    """The one id that begins with `prefix`, among the deleted runs or among the others.

    Raises:
        RunRefused: none does, or several do.
    """
    command = "python -m kdcore runs list" + (" --deleted" if deleted else "")
    if not prefix:
        raise RunRefused(f"Name a run: {command} shows their ids.")
    matches = history.beginning(prefix, deleted=deleted)
    if len(matches) != 1:
        if matches:
            raise RunRefused(f"Several runs begin with '{prefix}': {command} shows their ids.")
        raise RunRefused(f"No runs begin with '{prefix}': {command} shows their ids.")
    return matches[0]
