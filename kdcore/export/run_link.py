"""The address of a run's page."""

from __future__ import annotations

from kdcore.export.recorded_run import RecordedRun


def run_link(record: RecordedRun, server: str) -> str:
    """The run's page on the server that keeps it."""
    return f"{server.rstrip('/')}/train?run={record.run.id}"
