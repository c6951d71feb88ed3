"""Soft targets of the pinned images: the bars beneath each image, as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.data.curves import Curves
from dashboard.text.roles import STUDENT


def soft_targets(logits: Sequence[float], temperature: float) -> list[float]:
    """softmax(logits / T) in float64, the largest logit subtracted before dividing so that a small T cannot overflow."""
    z = np.asarray(logits, dtype=np.float64)
    e = np.exp((z - z.max()) / temperature)
    return [float(p) for p in e / e.sum()]


def pinned_panels(curves: Curves, temperature: float, most: int = 10) -> list[dict[str, Any]]:
    """The pinned images with the teacher's and the student's soft targets at T, for the bars beneath each image.

    One entry per image: {image, label, bars: [{name, teacher, student, label}]}; probabilities, None where unknown. Up to
    `most` classes keep their order; of more, the teacher's likeliest are shown.
    """
    events = curves.of_kind("Pinned")
    if not events:
        return []
    pinned = events[-1]
    snapshots = [event["logits"] for event in curves.of_kind("Snapshot") if event["role"] == STUDENT.name]
    teacher_logits = pinned.get("teacher_logits") if curves.asks_teacher else None
    panels = []
    for i, label in enumerate(pinned["labels"]):
        teacher = soft_targets(teacher_logits[i], temperature) if teacher_logits else None
        student = soft_targets(snapshots[-1][i], temperature) if snapshots else None
        bars = _bars(pinned["classes"], label, teacher, student, most)
        panels.append({"image": pinned["png"][i], "label": pinned["classes"][label], "bars": bars})
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
