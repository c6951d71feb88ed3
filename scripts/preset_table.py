"""The tables in docs/presets.md, made from assets/presets.json: `python -m scripts.preset_table`.

`python -m kdcore presets verify --json` measured what that file holds.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path

from kdcore.experiment import Experiment
from kdcore.studies.claims import seeds_text
from kdcore.studies.preset_verification import WHO, JudgedClaim, MeasuredPreset, judge, read
from kdcore.studies.presets import PRESETS

MEASURED = Path(__file__).resolve().parent.parent / "assets" / "presets.json"


def measured() -> list[MeasuredPreset]:
    """What was measured of each preset, in the presets' order."""
    return read(json.loads(MEASURED.read_text(encoding="utf-8")))


def markdown(presets: Sequence[MeasuredPreset]) -> str:
    """One row per preset: mean test errors and their standard deviation over the seeds with the mean NLL, and the claims.

    Where the true probabilities are known, the mean divergence from them follows.
    """
    lines = [
        "| preset | teacher | labels only | distilled | controls | claims |",
        "|---|---|---|---|---|---|",
    ]
    for one, judged in zip(presets, judge(presets), strict=True):
        controls = "; ".join(f"{name} {_figures(one, name)}" for name in one.errors if name not in WHO)
        cells = [f"`{one.preset.name}`", *(_figures(one, who) for who in WHO), controls]
        lines.append("| " + " | ".join([*cells, "; ".join(map(_claim, judged))]) + " |")
    return "\n".join(lines)


def recipes() -> str:
    """What each preset is called on the page, and its recipe in short."""
    lines = [
        "| preset | on the page | images | student | epochs | T |",
        "|---|---|---|---|---|---|",
    ]
    for one in PRESETS:
        recipe = one.experiment
        lines.append(
            f"| `{one.name}` | {one.title} | {_images(recipe)} | `{recipe.student}` | {recipe.recipe.epochs} | {recipe.temperature:g} |"
        )
    return "\n".join(lines)


def _images(recipe: Experiment) -> str:
    """How many of which images, and what of them is left out, hidden or at random."""
    found = [f"{recipe.count:,} of `{recipe.dataset}`" if recipe.count else f"all of `{recipe.dataset}`"]
    if recipe.hidden_labels:
        found.append(f"{100 * recipe.hidden_labels:.0f} % of the labels hidden")
    if recipe.label_noise:
        found.append(f"{100 * recipe.label_noise:.0f} % of the labels at random")
    if recipe.omit:
        found.append(f"without class {', '.join(map(str, recipe.omit))}")
    return ", ".join(found)


def _figures(measured: MeasuredPreset, who: str) -> str:
    """Errors, NLL and divergence from the truth, as far as they were measured."""
    found = [spread(measured.errors[who])]
    if measured.nll:
        found.append(f"{statistics.fmean(measured.nll[who]):.3f}")
    if measured.truth:
        found.append(f"{statistics.fmean(measured.truth[who]):.3f}")
    return " · ".join(found)


def spread(errors: Sequence[int]) -> str:
    """Mean and standard deviation of errors over seeds, or the one number where all seeds agree."""
    if len(set(errors)) == 1:
        return f"{errors[0]}"
    return f"{statistics.fmean(errors):.0f} ± {statistics.stdev(errors):.0f}"


def claims_that_hold(presets: Sequence[MeasuredPreset]) -> dict[str, bool]:
    """Of each preset, whether all of its claims may be made."""
    return {
        one.preset.name: all(found.verdict.holds for found in judged)
        for one, judged in zip(presets, judge(presets), strict=True)
    }


def _claim(judged: JudgedClaim) -> str:
    claim, difference = judged.claim, judged.verdict.difference
    names = {"student": "distilled", "twin": "labels only"}
    better, worse = (names.get(side, side) for side in (claim.better, claim.worse))
    if claim.measure == "errors":
        text = f"{better} < {worse} by {-difference.mean:.0f} ± {difference.standard_error:.1f}"
    else:
        what = {"nll": "NLL", "truth": "distance from the truth"}[claim.measure]
        text = f"{what}: {better} < {worse} by {-difference.mean:.3f} ± {difference.standard_error:.4f}"
    if judged.verdict.holds:
        return text
    more = seeds_text(judged.verdict.seeds)
    return f"**not claimed:** {text}{f' ({more})' if more else ''}"


if __name__ == "__main__":
    print(f"{recipes()}\n\n{markdown(measured())}")
