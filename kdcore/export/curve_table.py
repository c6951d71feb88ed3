"""A run's curves as a table: one row per value."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kdcore.export.recorded_run import RecordedRun

COLUMNS = ("step", "epoch", "phase", "role", "series", "value")


def curve_table(records: Sequence[RecordedRun]) -> pd.DataFrame:
    """The columns step, epoch, phase, role, series and value, oldest first; for several runs the run's id comes first, as `run`."""
    rows = [
        (record.run.id, *(getattr(point, name) for name in COLUMNS))
        for record in records
        for point in record.points
    ]
    table = pd.DataFrame(rows, columns=["run", *COLUMNS])
    return table if len(records) > 1 else table.drop(columns="run")
