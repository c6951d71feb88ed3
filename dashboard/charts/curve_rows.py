"""Rows of a run's curves. A chart keeps its place on the page, and the reader's zoom, only while its specification does not
change; so everything that moves is in the data frame: its first row, of kind `extent`, holds the ends of the axes."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from dashboard.text.roles import role

COLUMNS = ["kind", "look", "label", "x", "y", "text", "xmax", "top"]


def curve_row(kind: str, name: str, x: float, y: float, text: str = "") -> dict[str, Any]:
    """One point of the curve of the role with that name."""
    return {"kind": kind, "look": role(name).look, "label": role(name).label, "x": x, "y": y, "text": text}


def curve_frame(rows: list[dict[str, Any]], xmax: float, top: float) -> pd.DataFrame:
    """The rows after the extent; the axis goes a little beyond `xmax`, so that the last mark has room."""
    extent = {**curve_row("extent", "", 0.0, math.nan), "xmax": 1.01 * xmax, "top": top}
    return pd.DataFrame([extent, *rows], columns=COLUMNS)
