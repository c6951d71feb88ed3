"""What the table of runs sends to the server: which messages there are, and which of them are new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kdcore.runs.runs_folder import RUN_ID

TableAction = Literal["choose", "choose_all", "sort", "star", "tags", "note", "open"]
ACTION_VALUES: dict[TableAction, type] = {
    "choose": bool,
    "choose_all": bool,
    "sort": str,
    "star": bool,
    "tags": str,
    "note": str,
    "open": bool,
}
"""What a message can do, and the type of its value."""
MOST_MESSAGES = 200
"""Of more at once, the newest are read."""


@dataclass(frozen=True)
class RefusedMark:
    """Tags or a note that were refused: what was typed, and why."""

    typed: str
    why: str


@dataclass(frozen=True)
class TableMessage:
    """What was done in the table, to which run (empty where to none), and the new value."""

    does: TableAction
    run: str
    value: Any


def read_message(message: object) -> TableMessage | None:
    """A message as a browser sent it; None where the table sends no such message."""
    if not isinstance(message, Mapping):
        return None
    does, run, value = message.get("do"), message.get("run", ""), message.get("value")
    if not isinstance(does, str) or does not in ACTION_VALUES or not isinstance(value, ACTION_VALUES[does]):
        return None
    if not isinstance(run, str) or (does not in ("choose_all", "sort") and not RUN_ID.fullmatch(run)):
        return None
    return TableMessage(does, run, value)


@dataclass(frozen=True)
class TablePosition:
    """The newest message of a table that was handled: `table` is the id that it gave itself."""

    table: str = ""
    number: int = 0


def new_messages(sent: object, handled: TablePosition) -> tuple[TablePosition, list[TableMessage]]:
    """The messages of a table that were not handled yet, in order, and the position after them.

    A table repeats every message until it knows that it was handled: of two that come close together only the newer
    arrives. `sent`: {"table": its id, "messages": [{"number", "do", "run", "value"}]}.
    """
    if not isinstance(sent, Mapping):
        return handled, []
    table, entries = sent.get("table"), sent.get("messages")
    if not isinstance(table, str) or not isinstance(entries, list) or len(table) > 40:
        return handled, []
    newest = handled.number if table == handled.table else 0
    messages = []
    for entry in entries[-MOST_MESSAGES:]:
        number = entry.get("number") if isinstance(entry, Mapping) else None
        if type(number) is int and number > newest:
            newest = number
            messages += [message] if (message := read_message(entry)) else []
    return TablePosition(table, newest), messages
