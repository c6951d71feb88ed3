"""Soft targets of the pinned images: the bars beneath each image, as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.data.curves import Curves
from dashboard.text.roles import STUDENT
from dashboard.text.translation import _
from kdcore.experiment import Experiment

DIGITS = 4
"""Of a probability that travels while a run trains: a bar is a hundred pixels long."""


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


# ---------------------------------------------------------------------------------------------- what is said of them


def temperature_now(experiment: Experiment, curves: Curves) -> float:
    """The run's temperature after its hot changes."""
    changes = [
        change["value"] for change in curves.of_kind("HotChange") if change["setting"] == "temperature"
    ]
    return float(changes[-1]) if changes else experiment.temperature


def pinned_title(temperature: float) -> str:
    """What the images show."""
    return _("Soft targets at T = {T}").format(T=f"{temperature:g}")


def pinned_legend(panels: Sequence[dict[str, Any]], asks_teacher: bool) -> str:
    """What bars, outlines and underlines mean."""
    legend = (
        _("outline: the teacher, bar: the student, underlined: the label; a full line is {end} %")
        if asks_teacher
        else _("bar: the student, underlined: the label; a full line is {end} %")
    )
    return legend.format(end=f"{100 * bar_end(panels):.0f}")


def pinned_alt(panels: Sequence[dict[str, Any]], temperature: float) -> str:
    """The images in words."""
    if any(bar["teacher"] is not None for panel in panels for bar in panel["bars"]):
        text = _("Soft targets of {n} validation images at T = {T}: the student's bars beside the teacher's outlines.")  # fmt: skip
    else:
        text = _("Soft targets of {n} validation images at T = {T}: the student's bars.")
    return text.format(n=len(panels), T=f"{temperature:g}")


def pinned_slots(experiment: Experiment, curves: Curves) -> dict[str, Any]:
    """The images as named values that change one by one: the pictures hardly ever, the student's bars always."""
    temperature = temperature_now(experiment, curves)
    panels = pinned_panels(curves, temperature)
    if not panels:
        return {}
    images = [
        {
            "image": panel["image"],
            "label": panel["label"],
            "bars": [{"name": bar["name"], "label": bar["label"]} for bar in panel["bars"]],
        }
        for panel in panels
    ]
    return {
        "pinned.images": images,
        "pinned.teacher": _probabilities(panels, "teacher"),
        "pinned.student": _probabilities(panels, "student"),
        "pinned.end": bar_end(panels),
        "pinned.title": pinned_title(temperature),
        "pinned.legend": pinned_legend(panels, curves.asks_teacher),
        "pinned.alt": pinned_alt(panels, temperature),
    }


def _probabilities(panels: Sequence[dict[str, Any]], who: str) -> list[list[float | None]]:
    return [
        [None if bar[who] is None else round(bar[who], DIGITS) for bar in panel["bars"]] for panel in panels
    ]
