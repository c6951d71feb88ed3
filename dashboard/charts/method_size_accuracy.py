"""All measured methods: test accuracy against parameters, with arrows from the twin to the best and to the worst."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from dashboard.charts.axes import spread_labels
from dashboard.charts.chart_theme import chart_config
from dashboard.charts.method_differences import measured_rows
from dashboard.charts.vega import Spec, data_domain, nominal, of_kind, quantitative
from dashboard.text.numbers import percentage
from dashboard.text.roles import STUDENT, TEACHER, TWIN, Theme, role
from dashboard.text.translation import _

if TYPE_CHECKING:
    from kdcore.studies.method_comparison import Comparison, Row

LABEL_GAP = 0.06
"""How far labels of networks of one size keep apart, as a share of the axis."""

# ---------------------------------------------------------------------------------------------- the frame


def method_size_accuracy_frame(comparison: Comparison, titles: Mapping[str, str]) -> pd.DataFrame:
    """Teacher, twin and every student by size and accuracy; arrows from the twin to the best and to the worst student.

    Columns: kind (teacher, twin, student, arrow, text), label, parameters, accuracy, begin (the twin's size, of arrows),
    floor (the twin's accuracy, of arrows), up.
    """
    rows = measured_rows(comparison)
    students = [
        _point("student", titles.get(row.method, row.method), row, STUDENT.name, row.student) for row in rows
    ]
    twin = _point("twin", TWIN.label, rows[0], TWIN.name, rows[0].twin)
    ends = students if len(students) == 1 else [students[0], students[-1]]
    arrows = [_arrow(twin, end) for end in ends]
    teacher = _teacher(rows)
    return pd.DataFrame([*teacher, twin, *students, *arrows, *_labels([twin, *ends], teacher)])


def _teacher(rows: Sequence[Row]) -> list[dict[str, Any]]:
    for row in rows:
        if row.teacher_errors is not None:
            return [_point("teacher", TEACHER.label, row, TEACHER.name, [row.teacher_errors])]
    return []


def _point(kind: str, label: str, row: Row, who: str, errors: Sequence[int]) -> dict[str, Any]:
    accuracy = 100 * (1 - statistics.fmean(errors) / row.images)
    return {"kind": kind, "label": label, "parameters": row.parameters[who], "accuracy": accuracy}


def _arrow(twin: dict[str, Any], end: dict[str, Any]) -> dict[str, Any]:
    begin = {"begin": twin["parameters"], "floor": twin["accuracy"]}
    return end | begin | {"kind": "arrow", "up": end["accuracy"] >= twin["accuracy"]}


def _labels(beside: Sequence[dict[str, Any]], teacher: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The texts beside the marks, kept apart; the teacher's stands above its mark, as it does itself."""
    accuracies = [point["accuracy"] for point in (*beside, *teacher)]
    gap = LABEL_GAP * (max(accuracies) - min(accuracies) or 1)
    positions = spread_labels([point["accuracy"] for point in beside], gap)
    moved = [point | {"place": position} for point, position in zip(beside, positions, strict=True)]
    moved += [point | {"place": point["accuracy"] + gap} for point in teacher]
    return [
        point
        | {
            "kind": "text",
            "look": point["kind"],
            "text": f"{percentage(point['accuracy'] / 100, 1)} {point['label']}",
        }
        for point in moved
    ]


# ---------------------------------------------------------------------------------------------- the specification


def method_size_accuracy_spec(theme: Theme, height: int = 420) -> Spec:
    """Parameters on a logarithmic axis against accuracy; a tick per method, arrows from the twin."""
    scale = {
        "type": "log",
        "nice": True,
        "padding": 30,
        "domain": data_domain("parameters", otherwise=(1, 10)),
    }
    x = quantitative(
        "parameters", title=_("parameters"), scale=scale, axis={"format": "~s", "tickCount": 4, "grid": False}
    )  # fmt: skip
    y_scale = {"nice": False, "padding": 40, "domain": data_domain("accuracy", otherwise=(0, 100))}
    y = quantitative(
        "accuracy", title=_("test accuracy, %"), scale=y_scale, axis={"tickCount": 6}
    )  # fmt: skip
    tooltip = [
        nominal("label", title=_("who")),
        quantitative("parameters", title=_("parameters"), format=","),
        quantitative("accuracy", title=_("test accuracy, %"), format=".2f"),
    ]
    encoding = {"x": x, "y": y, "tooltip": tooltip}
    colour = STUDENT.colour(theme)
    return {
        "height": height,
        "config": chart_config(theme, 14),
        "layer": [
            {
                "transform": [of_kind("student")],
                "mark": {"type": "tick", "orient": "horizontal", "size": 26, "thickness": 2, "color": colour, "opacity": 0.55},
                "encoding": encoding,
            },
            {
                "transform": [of_kind("arrow")],
                "mark": {"type": "rule", "strokeWidth": 2.5, "color": colour},
                "encoding": {"x": {**x, "field": "begin"}, "x2": {"field": "parameters"}, "y": {**y, "field": "floor"}, "y2": {"field": "accuracy"}},
            },
            *_mark_layers(theme, encoding),
            _label_layer(theme, x, y),
        ],
    }  # fmt: skip


def _mark_layers(theme: Theme, encoding: Spec) -> list[Spec]:
    """The marks of teacher and twin, and the arrows' heads."""
    mark: Spec = {"type": "point", "filled": True, "size": 170, "opacity": 1}
    networks = [
        {
            "transform": [of_kind(one.name)],
            "mark": mark | {"shape": one.shape, "color": one.colour(theme)},
            "encoding": encoding,
        }
        for one in (TEACHER, TWIN)
    ]
    heads = [
        {
            "transform": [of_kind("arrow"), {"filter": f"datum.up === {up}"}],
            "mark": mark | {"shape": shape, "color": STUDENT.colour(theme)},
            "encoding": encoding,
        }
        for up, shape in (("true", "triangle-up"), ("false", "triangle-down"))
    ]
    return [*networks, *heads]


def _label_layer(theme: Theme, x: Spec, y: Spec) -> Spec:
    names = [TEACHER.name, TWIN.name, STUDENT.name]
    colours = {"domain": names, "range": [role(name).colour(theme) for name in names]}
    is_teacher = f"datum.look === '{TEACHER.name}'"
    mark = {
        "type": "text",
        "align": {"expr": f"{is_teacher} ? 'center' : 'left'"},
        "dx": {"expr": f"{is_teacher} ? 0 : 18"},
        "fontSize": 14,
        "fontWeight": 600,
        "limit": {"expr": "0.65 * width"},
    }
    return {
        "transform": [of_kind("text")],
        "mark": mark,
        "encoding": {
            "x": x,
            "y": {**y, "field": "place"},
            "text": {"field": "text"},
            "color": nominal("look", legend=None, scale=colours),
        },
    }
