"""The curves as a Parquet file: typed columns, a tenth of the CSV's size."""

from __future__ import annotations

import io
from collections.abc import Sequence

from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.recorded_run import RecordedRun, refusal_without_curves
from kdcore.texts import N_

FORMAT = ExportFormat(
    "parquet",
    N_("Parquet"),
    N_("Curves"),
    "curves.parquet",
    "application/vnd.apache.parquet",
    several_runs=True,
)


def refusal(record: RecordedRun) -> str:
    """A run needs curves."""
    return refusal_without_curves(record)


def make(records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
    """One row per value; see `kdcore.export.curve_table`."""
    from kdcore.export.curve_table import curve_table

    buffer = io.BytesIO()
    curve_table(records).to_parquet(buffer, index=False)
    return {"curves.parquet": buffer.getvalue()}
