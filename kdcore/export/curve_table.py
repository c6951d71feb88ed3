"""A run's curves as a table: one row per value."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kdcore.export.recorded_run import RecordedRun
from kdcore.faults.badge import badge

COLUMNS = ("step", "epoch", "phase", "role", "series", "value")


def curve_table(records: Sequence[RecordedRun]) -> pd.DataFrame:
    """The columns step, epoch, phase, role, series and value, oldest first; for several runs the run's id comes first, as `run`.

    Where a run has a fault on purpose, `fault` comes last: its mark, empty for the others.
    """
    rows = [
        (record.run.id, *(getattr(point, name) for name in COLUMNS))
        for record in records
        for point in record.points
    ]
    table = pd.DataFrame(rows, columns=["run", *COLUMNS])
    marks = {record.run.id: badge(record.run.experiment.fault) for record in records}
    if any(marks.values()):
        table["fault"] = table["run"].map(marks)
    return table if len(records) > 1 else table.drop(columns="run")
