"""A run's curves as a table: one row a value."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kdcore.export.exported_run import Record

COLUMNS = ("step", "epoch", "phase", "role", "series", "value")


def frame(records: Sequence[Record]) -> pd.DataFrame:
    """The columns step, epoch, phase, role, series and value, oldest first; of several runs with `run`, the id, before them."""
    rows = [
        (record.run.id, *(getattr(point, name) for name in COLUMNS))
        for record in records
        for point in record.points
    ]
    table = pd.DataFrame(rows, columns=["run", *COLUMNS])
    return table if len(records) > 1 else table.drop(columns="run")
