"""The table in docs/presets.md, made from assets/presets.json: `python -m scripts.preset_table`.

`python -m kdcore presets verify --json` measured what that file holds.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).resolve().parent.parent / "assets" / "presets.json"
COLUMNS = ("teacher", "twin", "student")


def measured() -> list[dict[str, Any]]:
    """What was measured of each preset, in the presets' order."""
    return list(json.loads(MEASURED.read_text(encoding="utf-8")))


def markdown(presets: Sequence[dict[str, Any]]) -> str:
    """One row per preset: mean test errors and their standard deviation over the seeds, the controls, and the claims."""
    lines = [
        "| preset | teacher | labels only | distilled | controls | claimed, and measured to hold |",
        "|---|---|---|---|---|---|",
    ]
    for preset in presets:
        errors = preset["errors"]
        controls = "; ".join(f"{name} {spread(errors[name])}" for name in errors if name not in COLUMNS)
        claims = "; ".join(_claim(claim) for claim in preset["claims"])
        cells = [f"`{preset['preset']}`", *(spread(errors[name]) for name in COLUMNS), controls, claims]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def spread(errors: Sequence[int]) -> str:
    """Mean and standard deviation of errors over seeds, or the one number where all seeds agree."""
    if len(set(errors)) == 1:
        return f"{errors[0]}"
    return f"{statistics.fmean(errors):.0f} ± {statistics.stdev(errors):.0f}"


def _claim(claim: dict[str, Any]) -> str:
    names = {"student": "distilled", "twin": "labels only"}
    better, worse = (names.get(claim[side], claim[side]) for side in ("better", "worse"))
    text = f"{better} < {worse} by {-claim['mean']:.0f} ± {claim['standard_error']:.1f}"
    return text if claim["holds"] else f"**fails:** {text}"


if __name__ == "__main__":
    print(markdown(measured()))
