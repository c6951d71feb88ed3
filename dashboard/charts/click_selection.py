"""The selection that a click on a cell or a point makes: it sends the column `label` and the column `answer`."""

from __future__ import annotations

from dashboard.charts.vega import Spec

PICKED = "picked"
"""The name of the selection."""
PICK: Spec = {
    "name": PICKED,
    "select": {
        "type": "point",
        "fields": ["label", "answer"],
        "on": "click",
        "toggle": "true",
        "clear": False,
    },
}
