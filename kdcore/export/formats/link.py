"""The address of the run's page."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.recorded_run import RecordedRun
from kdcore.export.run_link import run_link
from kdcore.texts import N_

FORMAT = ExportFormat("link", N_("Link"), N_("Experiment"), "link.txt", "text/plain", one_line=True)


def refusal(record: RecordedRun) -> str:
    """Every run has a link."""
    return ""


def make(records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
    """One line."""
    return {"link.txt": (run_link(records[0], options.server) + "\n").encode()}
