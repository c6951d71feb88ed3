"""The curves as comma-separated values."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.recorded_run import RecordedRun, refusal_without_curves
from kdcore.texts import N_

FORMAT = ExportFormat("csv", N_("CSV"), N_("Curves"), "curves.csv", "text/csv", several_runs=True)


def refusal(record: RecordedRun) -> str:
    """A run needs curves."""
    return refusal_without_curves(record)


def make(records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
    """One row per value; see `kdcore.export.curve_table`."""
    from kdcore.export.curve_table import curve_table
    from kdcore.export.spreadsheet_text import csv_bytes

    return {"curves.csv": csv_bytes(curve_table(records))}
