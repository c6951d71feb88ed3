"""The tables in docs/hinton2015.md, made from assets/hinton2015.json: `python -m scripts.hinton_table`.

`python -m kdcore reproduce hinton2015 --out` measured what that file holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.preset_table import spread

MEASURED = Path(__file__).resolve().parent.parent / "assets" / "hinton2015.json"


def measured() -> dict[str, Any]:
    """The errors measured, beside the paper's."""
    return dict(json.loads(MEASURED.read_text(encoding="utf-8")))


def markdown(reproduction: Mapping[str, Any]) -> str:
    """The paper's errors beside ours, and the small student's per temperature: mean and standard deviation over seeds."""
    threes = _table(_beside_the_paper(reproduction["lines"]))
    small = _table(_small_student(reproduction["small"]))
    return "\n\n".join([threes, _recalled(reproduction["without_threes"]), small])


def recalled(without_threes: Sequence[Mapping[str, Any]], role: str) -> list[float]:
    """Per seed, the percentage of threes that a network without any 3 in its transfer set recognises, its bias mended."""
    tests = [one["mended"] for one in without_threes if one["role"] == role]
    return [100 * (1 - test["omitted_errors"] / test["omitted_images"]) for test in tests]


def _recalled(without_threes: Sequence[Mapping[str, Any]]) -> str:
    shares = {
        role: ", ".join(f"{share:.1f} %" for share in recalled(without_threes, role))
        for role in ("student", "twin")
    }
    return (
        "Of the threes that neither of them ever saw, with the bias tuned on validation, the student recognises "
        f"{shares['student']} (one figure per seed) and the twin {shares['twin']}."
    )


def _beside_the_paper(lines: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    rows = [[line["what"], str(line["paper"]), spread(line["ours"]), f"{line['images']:,}"] for line in lines]
    return [["test errors", "the paper", "here", "of"], *rows]


def _small_student(runs: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    rows = [["temperature", "student's test errors", "its twin's"]]
    for temperature in sorted({run["temperature"] for run in runs}):
        seeds = [run for run in runs if run["temperature"] == temperature]
        errors = [spread([run[role]["test_errors"] for run in seeds]) for role in ("student", "twin")]
        rows.append([f"{temperature:g}", *errors])
    return rows


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *lines = rows
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))


if __name__ == "__main__":
    print(markdown(measured()))
