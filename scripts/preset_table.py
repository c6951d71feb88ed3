"""The README's table of presets, made from what `python -m kdcore presets verify --json` measured (assets/presets.json)."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).resolve().parent.parent / "assets" / "presets.json"
COLUMNS = ("teacher", "twin", "student")


def table(measured: Sequence[dict[str, Any]]) -> str:
    """Markdown: mean test errors and their standard deviation over the seeds, the controls, and the claims."""
    lines = [
        "| preset | teacher | labels only | distilled | controls | claimed, and measured to hold |",
        "|---|---|---|---|---|---|",
    ]
    for one in measured:
        errors = one["errors"]
        controls = "; ".join(
            f"{name} {spread(found)}" for name, found in errors.items() if name not in COLUMNS
        )
        claims = "; ".join(_claim(claim) for claim in one["claims"])
        cells = [f"`{one['preset']}`", *(spread(errors[name]) for name in COLUMNS), controls, claims]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def spread(found: Sequence[int]) -> str:
    """Mean and standard deviation of errors over seeds, or the one number that they all are."""
    if len(set(found)) == 1:
        return f"{found[0]}"
    return f"{statistics.fmean(found):.0f} ± {statistics.stdev(found):.0f}"


def _claim(claim: dict[str, Any]) -> str:
    names = {"student": "distilled", "twin": "labels only"}
    better, worse = (names.get(claim[side], claim[side]) for side in ("better", "worse"))
    said = f"{better} < {worse} by {-claim['mean']:.0f} ± {claim['standard_error']:.1f}"
    return said if claim["holds"] else f"**fails:** {said}"


if __name__ == "__main__":
    print(table(json.loads(MEASURED.read_text())))
