"""Soft targets of the pinned images: the bars beneath each image, as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.charts.curve_rows import ChartRows, row_group
from dashboard.data.curves import Curves
from dashboard.text.roles import STUDENT, TWIN
from kdcore.experiment import Experiment
from kdcore.runs.live_view import thinned

DIGITS = 3
"""Decimals of a logit that travels: even at T = 0.25 a bar is off by less than a pixel."""
MOST_NUMBERS, FEWEST_ANSWERS = 18_000, 20
"""Logits of one network that travel in all, and from how many steps at least."""


def soft_targets(logits: Sequence[float], temperature: float) -> list[float]:
    """softmax(logits / T) in float64, the largest logit subtracted before dividing so that a small T cannot overflow."""
    z = np.asarray(logits, dtype=np.float64)
    e = np.exp((z - z.max()) / temperature)
    return [float(p) for p in e / e.sum()]


def pinned_panels(curves: Curves, temperature: float, most: int = 10) -> list[dict[str, Any]]:
    """The pinned images with the teacher's and the student's soft targets at T, for the bars beneath each image.

    One entry per image: {image, label, answer, bars: [{name, class, teacher, student, label}]}; probabilities, None where
    unknown. Up to `most` classes keep their order; of more, the teacher's likeliest are shown.
    """
    pinned = _pinned(curves)
    if not pinned:
        return []
    snapshots = [event["logits"] for event in curves.of_kind("Snapshot") if event["role"] == STUDENT.name]
    teacher_logits = pinned.get("teacher_logits") if curves.asks_teacher else None
    panels = []
    for i, label in enumerate(pinned["labels"]):
        teacher = soft_targets(teacher_logits[i], temperature) if teacher_logits else None
        student = soft_targets(snapshots[-1][i], temperature) if snapshots else None
        bars = _bars(pinned["classes"], label, teacher, student, most)
        name = pinned["classes"][label]
        panels.append({"image": pinned["png"][i], "label": name, "answer": label, "bars": bars})
    return panels


def _bars(
    names: Sequence[str], label: int, teacher: list[float] | None, student: list[float] | None, most: int
) -> list[dict[str, Any]]:
    shown = list(range(len(names)))
    if len(shown) > most:
        ranking = teacher or student or [0.0] * len(names)
        shown = sorted(sorted(shown, key=lambda c: -ranking[c])[:most])
    return [
        {
            "name": names[c],
            "class": c,
            "teacher": teacher[c] if teacher else None,
            "student": student[c] if student else None,
            "label": c == label,
        }
        for c in shown
    ]


def bar_end(panels: Sequence[dict[str, Any]]) -> float:
    """A round end for all the panels' bars: the smallest quarter that holds the largest probability."""
    largest = max(
        (p for panel in panels for bar in panel["bars"] for p in (bar["teacher"], bar["student"]) if p),
        default=1.0,
    )
    return math.ceil(4 * largest) / 4


# ---------------------------------------------------------------------------------------------- what a browser gets


def temperature_now(experiment: Experiment, curves: Curves) -> float:
    """The run's temperature after its hot changes."""
    return _now("temperature", experiment.temperature, curves)


def _now(setting: str, first: float, curves: Curves) -> float:
    changes = [change["value"] for change in curves.of_kind("HotChange") if change["setting"] == setting]
    return float(changes[-1]) if changes else first


def pinned_slots(experiment: Experiment, curves: Curves) -> dict[str, Any]:
    """The images as named values: what is always the same of them, the teacher's logits, and temperature and weight now.

    Which classes have bars is said by their numbers; a browser computes the bars from the logits.
    """
    temperature = temperature_now(experiment, curves)
    panels = pinned_panels(curves, temperature)
    if not panels:
        return {}
    images = [
        {
            "image": panel["image"],
            "label": panel["label"],
            "answer": panel["answer"],
            "bars": [
                {"name": bar["name"], "label": bar["label"], "class": bar["class"]} for bar in panel["bars"]
            ],
        }
        for panel in panels
    ]
    teacher = _pinned(curves).get("teacher_logits") if curves.asks_teacher else None
    return {
        "pinned.images": images,
        "pinned.teacher": _rounded(teacher),
        "pinned.T": temperature,
        "pinned.weight": _now("teacher_weight", experiment.teacher_weight, curves),
    }


def pinned_answer_rows(curves: Curves) -> ChartRows:
    """The logits of twin and student for the pinned images: one group a network, rows (epoch, [images][classes])."""
    snapshots = [event for event in curves.of_kind("Snapshot") if event["role"] in (TWIN.name, STUDENT.name)]
    groups = []
    for name in (TWIN.name, STUDENT.name):
        own = [event for event in snapshots if event["role"] == name]
        size = sum(map(len, own[0]["logits"])) if own else 1
        kept = thinned(own, max(FEWEST_ANSWERS, MOST_NUMBERS // size))
        rows = [(event["epoch"], _rounded(event["logits"])) for event in kept]
        groups += [row_group("answers", name, rows, name)] if rows else []
    return ChartRows(groups)


def _pinned(curves: Curves) -> dict[str, Any]:
    """The newest choice of pinned images; empty where there is none yet."""
    return next(iter(curves.of_kind("Pinned")[-1:]), {})


def _rounded(logits: Sequence[Sequence[float]] | None) -> list[list[float]] | None:
    return [[round(z, DIGITS) for z in row] for row in logits] if logits else None
