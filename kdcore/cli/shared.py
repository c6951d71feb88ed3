"""What the commands share: how one is declared, the folders, a run by its first characters, tables."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from kdcore.errors import RunRefused
from kdcore.runs.history import History
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store

INTERRUPTED = 130
"""The exit code after Ctrl-C."""

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""Where a command is added."""


def declare(
    commands: Commands, name: str, function: Callable[[argparse.Namespace], int], help: str
) -> argparse.ArgumentParser:
    """Add a command that `function` carries out, returning its exit code; the flags are added to what is returned."""
    parser = commands.add_parser(name, help=help, description=help)
    parser.add_argument("--json", action="store_true", help="Print one JSON value as the last line.")
    parser.set_defaults(command=function)
    return parser


def data_folder() -> Path:
    """The data folder: STILLROOM_DATA, or `data` here."""
    # Imported late: it takes numpy and Pillow with it.
    from kdcore.data import catalogue

    return catalogue.data_folder()


def run_named(store: Store, start: str | None) -> Run:
    """The one run whose id begins so.

    Raises:
        RunRefused: none does, or several do.
    """
    return store.run(id_beginning(History(store), start))


def id_beginning(history: History, start: str | None, *, deleted: bool = False) -> str:
    """The one id that begins so, among the runs that are there or among those that were deleted.

    Raises:
        RunRefused: none does, or several do.
    """
    lists = "python -m kdcore runs list" + (" --deleted" if deleted else "")
    if not start:
        raise RunRefused(f"Name a run: {lists} shows their ids.")
    found = history.beginning(start, deleted=deleted)
    if len(found) != 1:
        many = "Several" if found else "No"
        raise RunRefused(f"{many} runs begin with '{start}': {lists} shows their ids.")
    return found[0]


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below their heads, each column as wide as its widest cell."""
    widths = [max(len(str(line[i])) for line in [head, *rows]) for i in range(len(head))]
    for line in [head, *rows]:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
