"""Rows of a run's curves. A chart keeps its place on the page, and the reader's zoom, only while its specification does not
change; so everything that moves is in the data: the first row of a frame, of kind `extent`, holds the ends of the axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.text.roles import role

COLUMNS = ("kind", "look", "label", "x", "y", "text", "xmax", "top")
Row = tuple[Any, Any]


@dataclass(frozen=True)
class RowGroup:
    """Rows that differ in nothing but their place.

    Attributes:
        kind: line, end, flat, rule ...: which layers of the chart draw them.
        look: how their role is drawn.
        label: who it is, on screen.
        text: what of it, on screen.
        rows: places, mostly (x, y).
    """

    kind: str
    look: str
    label: str
    text: str
    rows: list[Row]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells the group from the others of its chart."""
        return self.kind, self.look, self.label, self.text


@dataclass(frozen=True)
class ChartRows:
    """The rows of one chart in groups, in the order in which they are drawn.

    Attributes:
        groups: the rows.
        xmax, top: the ends of the axes, None where the chart finds its own.
        place: the columns of a row.
        columns: all columns of the frame.
    """

    groups: Sequence[RowGroup]
    xmax: float | None = None
    top: float | None = None
    place: tuple[str, str] = ("x", "y")
    columns: tuple[str, ...] = COLUMNS

    def frame(self) -> pd.DataFrame:
        """All rows after the extent."""
        x: Any = 0.0 if self.place[0] == "x" else ""
        first = {
            "kind": "extent",
            "look": role("").look,
            "label": "",
            "text": "",
            "xmax": self.xmax,
            "top": self.top,
        }
        rows = [{**first, self.place[0]: x, self.place[1]: math.nan}]
        for group in self.groups:
            same = {"kind": group.kind, "look": group.look, "label": group.label, "text": group.text}
            rows += [{**same, **dict(zip(self.place, row, strict=True))} for row in group.rows]
        return pd.DataFrame(rows, columns=[*self.columns])


def row_group(kind: str, name: str, rows: list[Row], text: str = "") -> RowGroup:
    """Rows of the role with that name."""
    drawn = role(name)
    return RowGroup(kind, drawn.look, drawn.label, text, rows)


def chart_rows(groups: Sequence[RowGroup], xmax: float, top: float) -> ChartRows:
    """The rows of curves; the axis goes a little beyond `xmax`, so that the last mark has room."""
    return ChartRows([group for group in groups if group.rows], 1.01 * xmax, top)
