"""The README's tables of Hinton 2015, made from what `python -m kdcore reproduce hinton2015 --out` measured (assets/hinton2015.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.preset_table import spread

MEASURED = Path(__file__).resolve().parent.parent / "assets" / "hinton2015.json"


def markdown(told: Mapping[str, Any]) -> str:
    """The paper's errors beside ours, and the small student's over temperatures: mean and standard deviation of the seeds."""
    return "\n\n".join(
        [_table(_beside(told)), _recalled(told["without_threes"]), _table(_small(told["small"]))]
    )


def _beside(told: Mapping[str, Any]) -> list[list[str]]:
    head = ["test errors", "the paper", "here", "of"]
    lines = told["lines"]
    return [
        head,
        *([one["what"], str(one["paper"]), spread(one["ours"]), f"{one['images']:,}"] for one in lines),
    ]


def _recalled(without: Sequence[Mapping[str, Any]]) -> str:
    """A sentence: how many threes are known by those who never saw one."""
    said = []
    for role in ("student", "twin"):
        known = [
            100 * (1 - one["mended"]["omitted_errors"] / one["mended"]["omitted_images"])
            for one in without
            if one["role"] == role
        ]
        said.append(f"the {role} {', '.join(f'{share:.1f} %' for share in known)}")
    return f"Of the threes that none of them ever saw, with the bias tuned on validation, {' and '.join(said)} are recognised."


def _small(small: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    head = ["temperature", "student's test errors", "its twin's"]
    temperatures = sorted({one["temperature"] for one in small})
    of = {T: [one for one in small if one["temperature"] == T] for T in temperatures}
    return [
        head,
        *(
            [
                f"{T:g}",
                *(spread([one[role]["test_errors"] for one in of[T]]) for role in ("student", "twin")),
            ]
            for T in temperatures
        ),
    ]


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *lines = rows
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))


if __name__ == "__main__":
    print(markdown(json.loads(MEASURED.read_text(encoding="utf-8"))))
