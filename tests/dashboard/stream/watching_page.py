"""A page that watches, as the browser's script does it: it applies messages to what it has."""

from __future__ import annotations

import json
from typing import Any


class WatchingPage:
    """Values and chart rows, from messages."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.charts: dict[str, dict[str, Any]] = {}

    def take(self, message: dict[str, Any]) -> None:
        message = json.loads(json.dumps(message))
        if message.get("full"):
            self.values, self.charts = {}, {}
        self.values |= message.get("set", {})
        for name, change in message.get("charts", {}).items():
            self._take_chart(self.charts.setdefault(name, {"groups": [], "extent": [None, None]}), change)

    def _take_chart(self, chart: dict[str, Any], change: dict[str, Any]) -> None:
        chart["extent"] = change.get("extent", chart["extent"])
        if "keys" in change:
            before = dict(chart["groups"])
            keys = [tuple(key) for key in change["keys"]]
            chart["groups"] = [(key, before.get(key, [])) for key in keys]
        for index, stays, rows in change.get("groups", []):
            chart["groups"][index][1][stays:] = rows

    def rows(self, name: str) -> list[tuple[Any, ...]]:
        """Every row of a chart: kind, look, label, text, and the two places."""
        return [(*key, *row) for key, rows in self.charts[name]["groups"] for row in rows]
