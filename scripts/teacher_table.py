"""The table of bundled teachers in docs/teachers.md, made from their cards: `python -m scripts.teacher_table`."""

from __future__ import annotations

import json
from typing import Any

from scripts.teachers import BUNDLED


def cards() -> list[dict[str, Any]]:
    """Every bundled teacher's card, by name."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(BUNDLED.glob("*.json"))]


def markdown() -> str:
    """One row per teacher: its network, parameters, and errors on the test images."""
    lines = ["| teacher | network | images | parameters | test errors |", "|---|---|---|---|---|"]
    for card in cards():
        name, network, title = f"`{card['name']}`", f"`{card['network']}`", card["dataset_title"]
        errors = f"{card['test']['errors']:,} of {card['test']['images']:,}"
        lines.append(f"| {name} | {network} | {title} | {card['parameters']:,} | {errors} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown())
