"""Tables for spreadsheets: no text in them begins a formula, whoever typed it."""

from __future__ import annotations

from typing import Any

import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet computes."""


def as_csv(table: pd.DataFrame) -> str:
    """The table as comma-separated values, without its index; numbers stay as they are."""
    texts = table.map(_as_text)
    return texts.rename(columns=_as_text).to_csv(index=False)


def csv_bytes(table: pd.DataFrame) -> bytes:
    """The same as a file: a mark at its beginning has spreadsheets read it as UTF-8, and pandas and csv readers pass over it."""
    return as_csv(table).encode("utf-8-sig")


def _as_text(cell: Any) -> Any:
    """A cell's value; an apostrophe before a text that would be a formula has a spreadsheet show it as it is."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
