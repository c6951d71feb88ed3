"""Figures that lessons compare predictions with: asked of the bundled teachers, or read from what comes measured with the program."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from dashboard.data import gallery, picture_sources
from dashboard.data.lesson_questions import MeasuredNumber
from dashboard.text.numbers import percentage, percentage_of
from kdcore.installation import assets_folder

if TYPE_CHECKING:  # both wait for torch, and the list of lessons does not
    from kdcore.studies.preset_verification import MeasuredPreset


@lru_cache(maxsize=256)
def beliefs(morph: str, frame: int, temperature: float) -> tuple[float, ...]:
    """What the first screen's teacher believes of a frame of a morph at a temperature: a share for each class, 0 to 1."""
    teacher = picture_sources.teachers_for_source(morph)[0]
    [logits] = gallery.morph(morph, (teacher,)).images[frame]["logits"]
    most = max(logits)
    weights = [math.exp((z - most) / temperature) for z in logits]
    return tuple(weight / sum(weights) for weight in weights)


def entropy(morph: str, frame: int, temperature: float) -> float:
    """Of these beliefs, in bits."""
    return -sum(p * math.log2(p) for p in beliefs(morph, frame, temperature) if p > 0)


def second(morph: str, frame: int, temperature: float = 1.0) -> float:
    """The share of the second answer."""
    return sorted(beliefs(morph, frame, temperature))[-2]


def percent(share: float) -> str:
    """A share as text, with the digits that it deserves."""
    return percentage_of(share) if share < 0.1 else percentage(share, 0)


ASSETS = assets_folder()


@cache
def presets() -> dict[str, MeasuredPreset]:
    """What was measured of each preset, by its name."""
    from kdcore.studies.preset_verification import read

    told = json.loads((ASSETS / "presets.json").read_text(encoding="utf-8"))
    return {one.preset.name: one for one in read(told)}


@cache
def _first_preset() -> Mapping[str, Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]]:
    told: dict[str, Any] = json.loads((ASSETS / "lessons.json").read_text(encoding="utf-8"))
    return {varied: told[varied] for varied in ("temperatures", "epochs", "sizes")}


def student_by_temperature(who: str = "student") -> dict[float, Mapping[str, Sequence[float]]]:
    """Test errors and NLL by seed of the first preset's student or its twin, by temperature."""
    return {float(T): found[who] for T, found in _first_preset()["temperatures"].items()}


def errors_at(varied: str, value: object, who: str) -> Sequence[float]:
    """Test errors by seed of the first preset's twin or student, trained for other `epochs` or in other `sizes`."""
    return _first_preset()[varied][str(value)][who]["errors"]


@cache
def recalled_threes(role: str) -> tuple[float, ...]:
    """Per seed, the share in percent of MNIST's threes that a network recognises which never met one, its bias tuned."""
    told = json.loads((ASSETS / "hinton2015.json").read_text(encoding="utf-8"))["without_threes"]
    tests = [one["mended"] for one in told if one["role"] == role]
    return tuple(100 * (1 - test["omitted_errors"] / test["omitted_images"]) for test in tests)


@cache
def paper_claim(name: str, place: int) -> tuple[tuple[float, ...], tuple[float, ...], bool]:
    """Of a paper that was measured again: what one side made, the other side, and whether the paper's claim holds here."""
    told = json.loads((ASSETS / "reproductions" / f"{name}.json").read_text(encoding="utf-8"))["claims"][
        place
    ]
    return tuple(told["less"]), tuple(told["more"]), bool(told["holds"])


@cache
def paper_arm(name: str, arm: str, measure: str, who: str = "student") -> tuple[float, ...]:
    """What an arm's network made of the test images in a paper's measurement, by seed."""
    return tuple(one[who][measure] for one in _arm(name, arm)["runs"])


def paper_method(name: str, arm: str) -> str:
    """The method of an arm."""
    return str(_arm(name, arm)["experiment"]["method"])


@cache
def _arm(name: str, arm: str) -> Mapping[str, Any]:
    told: Mapping[str, Any] = json.loads((ASSETS / "reproductions" / f"{name}.json").read_text("utf-8"))
    return told["arms"][arm]  # type: ignore[no-any-return]


def spread(values: Sequence[float]) -> MeasuredNumber:
    """Mean and standard deviation over seeds, without a sentence."""
    return MeasuredNumber(statistics.fmean(values), statistics.stdev(values), "")


def mean(values: Sequence[float], digits: int = 0) -> str:
    """Of some seeds, as text."""
    return f"{statistics.fmean(values):,.{digits}f}"


def gradient(morph: str, frame: int, temperature: float) -> float:
    """The absolute sum of the gradient that these soft targets give a student whose logits are all 0, without the factor T squared."""
    now = beliefs(morph, frame, temperature)
    return sum(abs(p - 1 / len(now)) for p in now) / temperature


@cache
def likeness() -> tuple[tuple[float, ...], ...]:
    """What the first preset's teacher finds alike at T = 4: of each digit (row) the shares of the others, 0 to 1."""
    told = json.loads((ASSETS / "lessons.json").read_text(encoding="utf-8"))["similarity"]["shares"]
    return tuple(tuple(row) for row in told)


@cache
def faulty(name: str) -> tuple[int, ...]:
    """Test errors by seed of the first preset's student with a mistake on purpose."""
    told = json.loads((ASSETS / "lessons.json").read_text(encoding="utf-8"))["faults"]
    return tuple(told[name])
