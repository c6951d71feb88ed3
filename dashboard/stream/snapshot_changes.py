"""What is new in a snapshot, as the message that a browser applies to what it has.

A message is a JSON object: `set` holds the values that changed, `charts` the charts that changed. Of a chart, `keys` lists its
groups in drawing order where that changed, `groups` holds [index in keys, number of rows that stay, new rows after them], and
`extent` the ends of the axes. A message with `full` replaces everything.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from dashboard.charts.curve_rows import ChartRows, Row
from dashboard.stream.page_snapshot import PageSnapshot

Message = dict[str, Any]
DIGITS = 6
"""Significant digits of a coordinate: more than a screen has pixels."""
NO_ROWS = ChartRows([])


def whole_message(snapshot: PageSnapshot) -> Message:
    """The message that brings a browser which has nothing to this moment."""
    return {"full": True, **changes(PageSnapshot(), snapshot)}


def changes(before: PageSnapshot, after: PageSnapshot) -> Message:
    """The message that brings a browser from one moment to a later one; empty where they are the same."""
    values = {
        name: value
        for name, value in after.values.items()
        if name not in before.values or before.values[name] != value
    }
    charts = {
        name: change
        for name, rows in after.charts.items()
        if (change := chart_changes(before.charts.get(name, NO_ROWS), rows))
    }
    return {**({"set": values} if values else {}), **({"charts": charts} if charts else {})}


def chart_changes(before: ChartRows, after: ChartRows) -> Message:
    """The changes of one chart."""
    if before is after:
        return {}
    change: Message = {}
    keys = [group.key for group in after.groups]
    if before is NO_ROWS or keys != [group.key for group in before.groups]:
        change |= {"keys": keys, "place": after.place}
    if before is NO_ROWS or (before.xmax, before.top) != (after.xmax, after.top):
        change["extent"] = [_number(after.xmax), _number(after.top)]
    old = {group.key: group.rows for group in before.groups}
    groups = []
    for index, group in enumerate(after.groups):
        rows = old.get(group.key, [])
        if rows != group.rows:
            stays = common_start(rows, group.rows)
            groups.append([index, stays, [[_number(x), _number(y)] for x, y in group.rows[stays:]]])
    return {**change, **({"groups": groups} if groups else {})}


def common_start(before: Sequence[Row], after: Sequence[Row]) -> int:
    """How many rows the two have in common at their beginning."""
    # A growing curve loses at most its last point: mostly the first comparison is enough.
    low, high = 0, min(len(before), len(after))
    middle = max(high - 1, 0)
    while low < high:
        if before[low : middle + 1] == after[low : middle + 1]:
            low = middle + 1
        else:
            high = middle
        middle = (low + high) // 2
    return low


def _number(value: Any) -> Any:
    """A coordinate as JSON has it: rounded, None where it is no finite number; a name as it is."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def as_json(message: Message) -> str:
    """The message as JSON on one line."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
