"""The address under which everybody sees the run."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.export import Format, Options
from kdcore.export.exported_run import Record
from kdcore.texts import N_

FORMAT = Format("link", N_("Link"), N_("Experiment"), "link.txt", "text/plain", line=True)


def refusal(record: Record) -> str:
    """Every run has a link."""
    return ""


def make(records: Sequence[Record], options: Options) -> dict[str, bytes]:
    """One line."""
    return {"link.txt": (link(records[0], options) + "\n").encode()}


def link(record: Record, options: Options) -> str:
    """The run's address on the server that keeps it."""
    return f"{options.server.rstrip('/')}/train?run={record.run.id}"
