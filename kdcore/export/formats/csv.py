"""The curves as comma-separated values."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.export import Format, Options
from kdcore.export.exported_run import Record, unsaid
from kdcore.texts import N_

FORMAT = Format("csv", N_("CSV"), N_("Curves"), "curves.csv", "text/csv", several=True)


def refusal(record: Record) -> str:
    """A run that has said nothing has no curves."""
    return unsaid(record)


def make(records: Sequence[Record], options: Options) -> dict[str, bytes]:
    """One row a value; see `kdcore.export.curve_table`."""
    from kdcore.export.curve_table import frame

    return {"curves.csv": frame(records).to_csv(index=False).encode()}
