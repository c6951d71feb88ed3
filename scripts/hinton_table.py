"""The tables in docs/hinton2015.md, made from assets/hinton2015.json: `python -m scripts.hinton_table`.

`python -m kdcore reproduce hinton2015 --out` measured what that file holds.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdcore.studies.claims import Verdict, claims, compare, seeds_text
from kdcore.studies.sweep_findings import SettingErrors, findings
from kdcore.studies.sweep_sentences import sentence
from scripts.preset_table import spread

MEASURED = Path(__file__).resolve().parent.parent / "assets" / "hinton2015.json"


def measured() -> dict[str, Any]:
    """The errors measured, beside the paper's."""
    return dict(json.loads(MEASURED.read_text(encoding="utf-8")))


def markdown(reproduction: Mapping[str, Any]) -> str:
    """The paper's errors beside ours, and the small student's per temperature: mean and standard deviation over seeds, and
    what they support."""
    threes = _table(_beside_the_paper(reproduction["lines"]))
    small = _table(_small_student(reproduction["small"]))
    recognised = _recalled(reproduction["without_threes"])
    return "\n\n".join(
        [threes, recognised, _wrapped(gain(reproduction)), small, _wrapped(temperatures(reproduction))]
    )


def gain(reproduction: Mapping[str, Any]) -> str:
    """Whether the student with soft targets may be said to err less than the same net alone, as the paper says beforehand."""
    alone, taught = (line["ours"] for line in reproduction["lines"][1:3])
    [verdict] = claims([compare(taught, alone, "errors", asked="less")])
    difference = verdict.difference
    return (
        f"With soft targets the 800-800 net makes {-difference.mean:.0f} ± {difference.standard_error:.0f} errors fewer than "
        f"alone (mean and its standard error; one-sided p = {difference.p:.2g}): {_claimed(verdict)}."
    )


def _claimed(verdict: Verdict) -> str:
    if verdict.holds:
        return "that is claimed"
    more = seeds_text(verdict.seeds)
    return f"that cannot be claimed{f' ({more})' if more else ''}"


def temperatures(reproduction: Mapping[str, Any]) -> str:
    """What the sweep over temperatures supports, in the words that a sweep ends with."""
    runs, images = reproduction["small"], reproduction["lines"][1]["images"]
    settings = [
        _setting([run for run in runs if run["temperature"] == t], images) for t in _temperatures(runs)
    ]
    return sentence(findings(settings))


def _setting(runs: Sequence[Mapping[str, Any]], images: int) -> SettingErrors:
    """One temperature's figures by seed; NLL where it was kept."""
    own, twins = ([run[role] for run in runs] for role in ("student", "twin"))
    nll, twin_nll = (tuple(one["test_nll"] for one in roles if "test_nll" in one) for roles in (own, twins))
    return SettingErrors(
        {"temperature": runs[0]["temperature"]},
        tuple(one["test_errors"] for one in own),
        tuple(one["val_errors"] for one in own),
        tuple(one["test_errors"] for one in twins),
        images,
        nll,
        twin_nll,
    )


def _temperatures(runs: Sequence[Mapping[str, Any]]) -> list[float]:
    return sorted({run["temperature"] for run in runs})


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 128, break_on_hyphens=False)


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
    for temperature in _temperatures(runs):
        seeds = [run for run in runs if run["temperature"] == temperature]
        errors = [spread([run[role]["test_errors"] for run in seeds]) for role in ("student", "twin")]
        rows.append([f"{temperature:g}", *errors])
    return rows


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *lines = rows
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))


if __name__ == "__main__":
    print(markdown(measured()))
