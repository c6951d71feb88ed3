"""All measured methods in two figures: size against accuracy, and each method's gain over its twin, seed by seed.

Pure functions: a comparison gives data frames, and Vega-Lite specifications that say how they are drawn.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from dashboard.charts.training_curves import FAINT, INK, PAPER, Spec, config, spread
from dashboard.text.roles import STUDENT, TEACHER, TWIN, Theme, role
from dashboard.text.translation import _
from kdcore.studies.claims import fewer_errors

if TYPE_CHECKING:
    from kdcore.studies.method_comparison import Comparison, Row

LINE = 22
"""Pixels that a method takes in the ranking."""
HEAD = 64
"""Pixels of the ranking's axis above its lines."""
STEPS = (-100, -30, -10, -3, -1, 0, 1, 3, 10, 30, 100)
"""Gains that are marked where they occur: within a point of the twin the axis is linear, beyond it logarithmic."""
APART = 0.06
"""How far labels of one size keep from each other, as a share of the axis."""


def measured(comparison: Comparison) -> list[Row]:
    """The methods that were measured with everything that the figures need, the largest gain first."""
    rows = [row for row in comparison.rows if row.student and row.images and row.parameters]
    return sorted(rows, key=lambda row: -statistics.fmean(gains(row)))


def gains(row: Row) -> list[float]:
    """Points of test accuracy that the student has over its twin, seed by seed."""
    return [100 * (twin - own) / row.images for own, twin in zip(row.student, row.twin, strict=True)]


def accuracy(errors: Sequence[int], images: int) -> float:
    """Mean share of right answers in percent."""
    return 100 * (1 - statistics.fmean(errors) / images)


# ---------------------------------------------------------------------------------------------- size against accuracy


def plane_frame(comparison: Comparison, titles: Mapping[str, str]) -> pd.DataFrame:
    """Teacher, twin and every student by size and accuracy; arrows from the twin to the best and to the worst student.

    Columns: kind (teacher, twin, student, arrow, text), label, parameters, accuracy, begin (the twin's size, of arrows),
    floor (the twin's accuracy, of arrows), up.
    """
    rows = measured(comparison)
    students = [
        _point("student", titles.get(row.method, row.method), row, STUDENT.name, row.student) for row in rows
    ]
    twin = _point("twin", TWIN.label, rows[0], TWIN.name, rows[0].twin)
    ends = students if len(students) == 1 else [students[0], students[-1]]
    arrows = [
        end
        | {
            "kind": "arrow",
            "begin": twin["parameters"],
            "floor": twin["accuracy"],
            "up": end["accuracy"] >= twin["accuracy"],
        }
        for end in ends
    ]
    return pd.DataFrame([*_teacher(rows), twin, *students, *arrows, *_texts([twin, *ends], _teacher(rows))])


def _teacher(rows: Sequence[Row]) -> list[dict[str, Any]]:
    for row in rows:
        if row.teacher_errors is not None:
            return [_point("teacher", TEACHER.label, row, TEACHER.name, [row.teacher_errors])]
    return []


def _point(kind: str, label: str, row: Row, who: str, errors: Sequence[int]) -> dict[str, Any]:
    return {
        "kind": kind,
        "label": label,
        "parameters": row.parameters[who],
        "accuracy": accuracy(errors, row.images),
    }


def _texts(beside: Sequence[dict[str, Any]], teacher: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is written beside the marks: those of one size kept apart."""
    shares = [point["accuracy"] for point in (*beside, *teacher)]
    gap = APART * (max(shares) - min(shares) or 1)
    places = spread([point["accuracy"] for point in beside], gap)
    moved = [point | {"place": place} for point, place in zip(beside, places, strict=True)]
    moved += [point | {"place": point["accuracy"] - gap} for point in teacher]
    return [
        point | {"kind": "text", "look": point["kind"], "text": f"{point['accuracy']:.1f} % {point['label']}"}
        for point in moved
    ]


def plane_spec(theme: Theme, height: int = 420) -> Spec:
    """Parameters on a logarithmic axis against accuracy; a tick a method, arrows from the twin."""
    x = {
        "field": "parameters", "type": "quantitative", "title": _("parameters"),
        "scale": {"type": "log", "nice": True, "padding": 30}, "axis": {"format": "~s", "tickCount": 4, "grid": False},
    }  # fmt: skip
    y = {
        "field": "accuracy", "type": "quantitative", "title": _("test accuracy, %"),
        "scale": {"zero": False, "nice": False, "padding": 18}, "axis": {"tickCount": 6},
    }  # fmt: skip
    tooltip = [
        {"field": "label", "type": "nominal", "title": _("who")},
        {"field": "parameters", "type": "quantitative", "title": _("parameters"), "format": ","},
        {"field": "accuracy", "type": "quantitative", "title": _("test accuracy, %"), "format": ".2f"},
    ]
    orange = STUDENT.colour(theme)
    marks = [
        {
            "transform": [_is(look.name)],
            "mark": {"type": "point", "shape": look.shape, "filled": True, "size": 170, "opacity": 1, "color": look.colour(theme)},
            "encoding": {"x": x, "y": y, "tooltip": tooltip},
        }
        for look in (TEACHER, TWIN)
    ]  # fmt: skip
    heads = [
        {
            "transform": [_is("arrow"), {"filter": f"datum.up === {'true' if up else 'false'}"}],
            "mark": {"type": "point", "shape": "triangle-up" if up else "triangle-down", "filled": True, "size": 170, "opacity": 1, "color": orange},
            "encoding": {"x": x, "y": y, "tooltip": tooltip},
        }
        for up in (True, False)
    ]  # fmt: skip
    return {
        "height": height,
        "config": config(theme, 13),
        "layer": [
            {
                "transform": [_is("student")],
                "mark": {"type": "tick", "orient": "horizontal", "size": 26, "thickness": 2, "color": orange, "opacity": 0.55},
                "encoding": {"x": x, "y": y, "tooltip": tooltip},
            },
            {
                "transform": [_is("arrow")],
                "mark": {"type": "rule", "strokeWidth": 2.5, "color": orange},
                "encoding": {"x": {**x, "field": "begin"}, "x2": {"field": "parameters"}, "y": {**y, "field": "floor"}, "y2": {"field": "accuracy"}},
            },
            *marks,
            *heads,
            {
                "transform": [_is("text")],
                "mark": {"type": "text", "align": {"expr": "datum.look === 'teacher' ? 'center' : 'left'"}, "dx": {"expr": "datum.look === 'teacher' ? 0 : 18"}, "fontSize": 13, "fontWeight": 600, "limit": {"expr": "0.65 * width"}},
                "encoding": {"x": x, "y": {**y, "field": "place"}, "text": {"field": "text"}, "color": _looks(theme)},
            },
        ],
    }  # fmt: skip


def _is(kind: str) -> Spec:
    return {"filter": {"field": "kind", "equal": kind}}


def _looks(theme: Theme) -> Spec:
    names = [TEACHER.name, TWIN.name, STUDENT.name]
    scale = {"domain": names, "range": [role(name).colour(theme) for name in names]}
    return {"field": "look", "type": "nominal", "legend": None, "scale": scale}


# ---------------------------------------------------------------------------------------------- gain over the twin


def gain_frame(comparison: Comparison, titles: Mapping[str, str]) -> pd.DataFrame:
    """Each method's gain over its twin in points of accuracy: a row a seed, and its mean with the standard error.

    Columns: kind (seed, mean), label, gain, low, high, claimed (every seed gained, and their mean is more than two
    standard errors from zero), text.
    """
    rows: list[dict[str, Any]] = []
    for row in measured(comparison):
        found, verdict = gains(row), fewer_errors(row.student, row.twin)
        rows += [
            {"kind": "seed", "label": titles.get(row.method, row.method), "gain": gain} for gain in found
        ]
        mean, points = statistics.fmean(found), 100 / row.images
        error = verdict.standard_error * points if len(found) > 1 else 0.0
        text = f"{mean:+.2f}" + (f" ± {error:.2f}" if len(found) > 1 else "")
        rows.append(
            {
                "kind": "mean",
                "label": titles.get(row.method, row.method),
                "gain": mean,
                "low": mean - error,
                "high": mean + error,
                "claimed": verdict.holds,
                "text": text,
            }
        )
    return pd.DataFrame(rows)


def gain_spec(theme: Theme, methods: int) -> Spec:
    """A line a method, the largest gain on top; a dot a seed, the mean with its standard error over them."""
    x = {
        "field": "gain", "type": "quantitative", "title": _("gain over the twin, points (beyond one, in ever larger steps)"),
        "scale": {"type": "symlog", "constant": 1, "nice": False, "padding": 12},
        "axis": {"values": STEPS, "format": "~g", "orient": "top"},
    }  # fmt: skip
    y = {
        "field": "label", "type": "nominal", "sort": None, "title": None,
        "axis": {"labelLimit": 220, "grid": False, "ticks": False, "labelOverlap": False},
    }  # fmt: skip
    tooltip = [
        {"field": "label", "type": "nominal", "title": _("method")},
        {"field": "text", "type": "nominal", "title": _("mean ± standard error")},
    ]
    orange = STUDENT.colour(theme)
    filled = {"condition": {"test": "datum.claimed", "value": orange}, "value": PAPER[theme]}
    return {
        "height": LINE * methods + HEAD,
        "config": config(theme, 13),
        "encoding": {"y": y},
        "layer": [
            {"mark": {"type": "rule", "color": INK[theme]}, "encoding": {"x": {"datum": 0}, "y": None}},
            {
                "transform": [_is("seed")],
                "mark": {"type": "point", "filled": True, "size": 30, "color": FAINT[theme], "opacity": 0.9},
                "encoding": {"x": x},
            },
            {
                "transform": [_is("mean")],
                "mark": {"type": "rule", "strokeWidth": 2.5, "color": orange},
                "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}},
            },
            {
                "transform": [_is("mean")],
                "mark": {"type": "point", "shape": STUDENT.shape, "size": 90, "opacity": 1, "stroke": orange},
                "encoding": {"x": x, "fill": filled, "tooltip": tooltip},
            },
        ],
    }  # fmt: skip
