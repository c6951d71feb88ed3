"""Data to charts: pure functions that give a data frame, and Vega-Lite specifications that stay constant.

A chart keeps its place on the page (and the reader's zoom) only while its specification does not change, so everything
that moves is in the frame: its first row, of kind `extent`, carries the axes' ends, and layers pick rows by `kind`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from dashboard.data.curves import Curve, Curves
from dashboard.text.field_labels import short_label
from dashboard.text.roles import OTHER, ROLES, STUDENT, TEACHER, Theme, in_order, role
from dashboard.text.translation import _

Spec = dict[str, Any]
FONT = '"Source Sans", sans-serif'
PAPER = {"light": "#FFFFFF", "dark": "#0F1214"}
"""The page's background, as .streamlit/config.toml sets it."""
INK = {"light": "#1A1A1A", "dark": "#F2F2F2"}
FAINT = {"light": "#8A8D96", "dark": "#9A9DA6"}
GRID = {"light": "#E6E8EC", "dark": "#2E323A"}
ERROR_TOPS = (1, 2, 3, 5, 8, 10, 15, 20, 30, 40, 60, 80, 100)
LOOKS = [*ROLES, OTHER]


def soft_targets(logits: Sequence[float], temperature: float) -> list[float]:
    """softmax(logits / T) in float64, the largest logit taken off before dividing so that small T cannot overflow."""
    z = np.asarray(logits, dtype=np.float64)
    e = np.exp((z - z.max()) / temperature)
    return [float(p) for p in e / e.sum()]


def error_top(latest: Sequence[float]) -> float:
    """A round end for an axis of errors in percent: twice the largest of the latest values, so that the end of a run is legible."""
    need = 2 * max(latest, default=50.0)
    return float(next((top for top in ERROR_TOPS if top >= need), 100))


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Places for labels at `values`, moved apart so that neighbours keep at least `gap`."""
    places = list(values)
    for below, above in pairwise(sorted(range(len(values)), key=lambda i: values[i])):
        places[above] = max(places[above], places[below] + gap)
    return places


def _scale(values: Sequence[Any]) -> Spec:
    return {
        "field": "look",
        "type": "nominal",
        "legend": None,
        "scale": {"type": "ordinal", "domain": LOOKS, "range": list(values)},
    }


def _colour(theme: Theme) -> Spec:
    return _scale([role(name).colour(theme) for name in LOOKS])


def _dash() -> Spec:
    return _scale([list(role(name).dash) for name in LOOKS])


def _shape() -> Spec:
    return _scale([role(name).shape for name in LOOKS])


def _width() -> Spec:
    thick = {"test": f"datum.look === '{STUDENT.name}'", "value": STUDENT.width}
    return {"condition": thick, "value": TEACHER.width}


def _end(name: str, otherwise: float) -> Spec:
    """An axis end that travels in the frame's first row."""
    return {"expr": f"length(data('source')) ? data('source')[0].{name} : {otherwise}"}


def _of(kind: str) -> Spec:
    return {"filter": {"field": "kind", "equal": kind}}


def config(theme: Theme, size: int) -> Spec:
    """The look that all charts share, their texts `size` pixels high."""
    axis = {
        "labelFontSize": size,
        "titleFontSize": size,
        "labelColor": INK[theme],
        "titleColor": INK[theme],
        "gridColor": GRID[theme],
        "domainColor": GRID[theme],
        "tickColor": GRID[theme],
        "titleFontWeight": "normal",
        "labelOverlap": True,
        "labelFlush": False,
    }
    return {"background": "transparent", "axis": axis, "view": {"stroke": None}, "font": FONT}


def _rules(theme: Theme, size: int) -> list[Spec]:
    """Vertical lines where a setting was changed or a stage began, each with its words."""
    x = {"field": "x", "type": "quantitative"}
    return [
        {
            "transform": [_of("rule")],
            "mark": {"type": "rule", "color": FAINT[theme], "strokeDash": [2, 3], "clip": True},
            "encoding": {
                "x": x,
                "y": {"value": 0},
                "y2": {"value": "height"},
                "tooltip": {"field": "text", "type": "nominal"},
            },
        },
        {
            "transform": [_of("rule")],
            "mark": {
                "type": "text", "align": "left", "baseline": "top", "dx": 4, "dy": 2, "fontSize": size, "color": INK[theme], "clip": True,
            },
            "encoding": {"x": x, "y": {"value": 0}, "text": {"field": "text", "type": "nominal"}},
        },
    ]  # fmt: skip


def error_frame(curves: Curves, epochs: float) -> pd.DataFrame:
    """Validation error in percent against epoch: lines, the teacher's flat line, and rules for hot changes and stages.

    Columns: kind (extent, line, flat, end, rule), look, label, x, y, text, xmax, top.
    """
    rows: list[dict[str, Any]] = []
    latest: dict[str, float] = {}
    for name in in_order(curves.roles("val_error")):
        if name == TEACHER.name:
            continue
        latest[name] = _add_line(rows, curves.curve(name, "val_error"), name)
    before = {
        name: curves.curve(name, "val_error", "preparation")
        for name in in_order(curves.roles("val_error", "preparation"))
        if name not in latest
    }
    for name, curve in before.items():
        _add_line(rows, curve, name)
    trained = teachers_training(curves)
    if trained.values:
        _add_line(rows, trained, TEACHER.name)
    flat = teacher_error(curves)
    xmax = max([epochs, *trained.epochs[-1:], *(e for curve in before.values() for e in curve.epochs[-1:])])
    if flat is not None and teacher_is_ready(curves):
        rows += [_row("flat", TEACHER.name, x, 100 * flat) for x in (0.0, xmax)]
    shown = [curves.curve(name, "val_error") for name in latest] or [*before.values()] or [trained]
    top = error_top([*map(_recent_high, shown), *([100 * flat] if flat is not None else [])])
    rows += _rule_rows(curves)
    return _frame([row for row in rows if row["kind"] != "end" or row["y"] <= top], xmax, top)


def teachers_training(curves: Curves) -> Curve:
    """The curve of a teacher that this run trains; empty for one that was trained before.

    A teacher's validation before its students begin is said at epoch 0, after its training: it is no part of the curve.
    """
    said = curves.curve(TEACHER.name, "val_error", "teacher")
    kept = [(epoch, value) for epoch, value in said.pairs if epoch > 0]
    return Curve([epoch for epoch, _value in kept], [value for _epoch, value in kept])


def teacher_is_ready(curves: Curves) -> bool:
    """Whether the teacher's training is over, or was before this run."""
    phases = [said["name"] for said in curves.of_kind("Phase")]
    return phases[-1:] != ["teacher"] or not teachers_training(curves).values


def teacher_error(curves: Curves) -> float | None:
    """The teacher's own validation error (a share), the newest that is known; None until there is one."""
    return curves.curve(TEACHER.name, "val_error", teacher_phase(curves)).last


def teacher_phase(curves: Curves) -> str:
    """In which phase the teacher was last validated."""
    said = {phase for phase, who, series in curves.series if who == TEACHER.name and series == "val_error"}
    return next((phase for phase in ("students", "teacher_logits", "teacher") if phase in said), "teacher")


def _recent_high(curve: Curve) -> float:
    recent = curve.values[-max(1, len(curve.values) // 4) :]
    return 100 * max(recent, default=0.5)


def _add_line(rows: list[dict[str, Any]], curve: Curve, name: str) -> float:
    points = [(epoch, 100 * value) for epoch, value in curve.pairs]
    rows += [_row("line", name, epoch, percent) for epoch, percent in points]
    rows.append(_row("end", name, *points[-1]))
    return points[-1][1]


def _row(kind: str, name: str, x: float, y: float, text: str = "") -> dict[str, Any]:
    return {"kind": kind, "look": role(name).look, "label": role(name).label, "x": x, "y": y, "text": text}


def _rule_rows(curves: Curves) -> list[dict[str, Any]]:
    """A rule where settings were changed or a later stage began; what happened at one moment shares a rule."""
    said: dict[float, dict[str, str]] = {}
    for change in curves.of_kind("HotChange"):
        label = short_label(change["setting"])
        said.setdefault(change["epoch"], {})[label] = f"{label} = {change['value']:g}"
    for change in curves.of_kind("StageChanged"):
        if change["epoch"] > 0:
            said.setdefault(change["epoch"], {})[change["stage"]] = _(change["stage"])
    return [_row("rule", "", epoch, math.nan, ", ".join(texts.values())) for epoch, texts in said.items()]


def _frame(rows: list[dict[str, Any]], xmax: float, top: float) -> pd.DataFrame:
    first = {**_row("extent", "", 0.0, math.nan), "xmax": 1.01 * xmax, "top": top}  # room for the last mark
    columns = ["kind", "look", "label", "x", "y", "text", "xmax", "top"]
    return pd.DataFrame([first, *rows], columns=columns)


def error_spec(theme: Theme, height: int = 380) -> Spec:
    """One large curve of validation error. Shift and the wheel zooms along the epochs, a double click goes back."""
    x = {
        "field": "x", "type": "quantitative", "title": _("epoch"),
        "scale": {"domain": [0, _end("xmax", 1)], "nice": False}, "axis": {"grid": False, "tickMinStep": 1, "tickCount": 10},
    }  # fmt: skip
    y = {
        "field": "y", "type": "quantitative", "title": _("validation error, %"),
        "scale": {"domain": [0, _end("top", 100)], "nice": False}, "axis": {"tickCount": 6},
    }  # fmt: skip
    tooltip = [
        {"field": "label", "type": "nominal", "title": _("who")},
        {"field": "x", "type": "quantitative", "title": _("epoch"), "format": ".4~r"},
        {"field": "y", "type": "quantitative", "title": _("validation error, %"), "format": ".2f"},
    ]
    near = {
        "name": "near",
        "select": {"type": "point", "on": "pointermove", "nearest": True, "clear": "pointerout"},
    }
    zoom = {
        "name": "zoom", "bind": "scales",
        "select": {
            "type": "interval", "encodings": ["x"], "zoom": "wheel![event.shiftKey]",
            "translate": "[pointerdown[event.shiftKey], window:pointerup] > window:pointermove!",
        },
    }  # fmt: skip
    return {
        "height": height,
        "config": config(theme, 14),
        "encoding": {"y": y},
        "layer": [
            {
                "transform": [_of("flat")],
                "mark": {"type": "line", "clip": True, "opacity": 0.9},
                "encoding": {"x": x, "color": _colour(theme), "strokeWidth": {"value": 2}, "tooltip": [tooltip[0], tooltip[2]]},
            },
            {
                "transform": [_of("line")],
                "params": [zoom],
                "mark": {"type": "line", "clip": True, "interpolate": "linear", "strokeJoin": "round"},
                "encoding": {"x": x, "color": _colour(theme), "strokeDash": _dash(), "strokeWidth": _width(), "detail": {"field": "label"}},
            },
            {
                "transform": [_of("line")],
                "params": [near],
                "mark": {"type": "point", "filled": True, "size": 110, "clip": True},
                "encoding": {
                    "x": x, "color": _colour(theme), "shape": _shape(), "tooltip": tooltip,
                    "opacity": {"condition": {"param": "near", "empty": False, "value": 1}, "value": 0},
                },
            },
            {
                "transform": [_of("end")],
                "mark": {"type": "point", "filled": True, "size": 150, "opacity": 1},
                "encoding": {"x": x, "color": _colour(theme), "shape": _shape(), "tooltip": tooltip},
            },
            *_rules(theme, 13),
        ],
    }  # fmt: skip


def loss_frame(curves: Curves, form: str) -> pd.DataFrame:
    """Every named loss term of every network, `raw` or `scaled` (as it enters the sum). Columns as `error_frame`."""
    rows: list[dict[str, Any]] = []
    for name in in_order(curves.roles("loss.total")):
        for term, curve in sorted(curves.named("loss.", name).items()):
            if term.endswith("." + form):
                _add_named(rows, curve, name, _(term.removesuffix("." + form)))
    return _named_frame(rows)


def side_frame(curves: Curves) -> pd.DataFrame:
    """The gradient's norm on the label side and on the teacher side, by network. Columns as `error_frame`."""
    rows: list[dict[str, Any]] = []
    for name in in_order(curves.roles("grad.side.")):
        for side, curve in sorted(curves.named("grad.side.", name).items()):
            _add_named(rows, curve, name, _(side))
    return _named_frame(rows)


def measured_frame(curves: Curves) -> pd.DataFrame:
    """The method's own figures, by network. Columns as `error_frame`."""
    rows: list[dict[str, Any]] = []
    for name in in_order(curves.roles("measured.")):
        for figure, curve in sorted(curves.named("measured.", name).items()):
            text = _(figure) if name in ROLES else f"{_(name)}: {_(figure)}"
            _end_named(rows, name, _add_points(rows, curve, name, text), text)
    return _named_frame(rows)


def _add_named(rows: list[dict[str, Any]], curve: Curve, name: str, text: str) -> None:
    points = _add_points(rows, curve, name, text)
    if name in ROLES:  # a method's further networks are named on hover
        _end_named(rows, name, points, text)


def _add_points(rows: list[dict[str, Any]], curve: Curve, name: str, text: str) -> list[tuple[float, float]]:
    points = [(x, y) for x, y in curve.pairs if y > 0]  # a logarithmic axis has no place for nought
    rows += [_row("line", name, x, y, text) for x, y in points]
    return points


def _end_named(rows: list[dict[str, Any]], name: str, points: list[tuple[float, float]], text: str) -> None:
    if points:
        rows.append(_row("end", name, *points[-1], text))


def _named_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    xmax = max((row["x"] for row in rows), default=1.0)
    ends = [row for row in rows if row["kind"] == "end"]
    heights = [math.log10(row["y"]) for row in rows]
    places = spread(
        [math.log10(row["y"]) for row in ends], 0.14 * (max(heights, default=0) - min(heights, default=0))
    )
    for row, place in zip(ends, places, strict=True):
        row["y"] = 10**place
    return _frame(rows, xmax, 1.0)


def named_spec(theme: Theme, title: str, height: int = 220) -> Spec:
    """Named curves on a logarithmic axis: colour tells the network, dash and the words at the end tell the term."""
    x = {
        "field": "x", "type": "quantitative", "title": _("epoch"),
        "scale": {"domain": [0, _end("xmax", 1)], "nice": False}, "axis": {"grid": False, "tickCount": 5},
    }  # fmt: skip
    y = {
        "field": "y",
        "type": "quantitative",
        "title": None,
        "scale": {"type": "log", "nice": False},
        "axis": {"tickCount": 4, "format": "~g", "grid": False, "domain": True},
    }
    tooltip = [
        {"field": "label", "type": "nominal", "title": _("who")},
        {"field": "text", "type": "nominal", "title": _("part")},
        {"field": "x", "type": "quantitative", "title": _("epoch"), "format": ".3~r"},
        {"field": "y", "type": "quantitative", "title": _("value"), "format": ".3~r"},
    ]
    words = {
        "type": "text",
        "align": "right",
        "baseline": "bottom",
        "dy": -5,
        "fontSize": 12,
        "fontWeight": 600,
    }
    said = {"x": x, "y": y, "text": {"field": "text"}}
    return {
        "height": height,
        "title": {"text": title, "anchor": "start", "fontSize": 14, "fontWeight": 600, "color": INK[theme]},
        "config": config(theme, 12),
        "layer": [
            {
                "transform": [_of("line")],
                "mark": {"type": "line", "strokeWidth": 2, "strokeJoin": "round"},
                "encoding": {
                    "x": x, "y": y, "color": _colour(theme),
                    "strokeDash": {"field": "text", "type": "nominal", "legend": None}, "detail": {"field": "label"}, "tooltip": tooltip,
                },
            },
            {"transform": [_of("end")], "mark": words | {"stroke": PAPER[theme], "strokeWidth": 4, "strokeJoin": "round"}, "encoding": said},
            {"transform": [_of("end")], "mark": words, "encoding": said | {"color": _colour(theme)}},
        ],
    }  # fmt: skip


def layer_frame(curves: Curves) -> pd.DataFrame:
    """The newest gradient norm of every layer, first layer first. Columns: kind, look, label, layer, y."""
    rows = [{"kind": "extent", "look": OTHER, "label": "", "layer": "", "y": math.nan}]
    for name in in_order(curves.roles("grad.layer.")):
        for layer, curve in curves.named("grad.layer.", name).items():
            if curve.last:
                rows.append(
                    {
                        "kind": "line",
                        "look": role(name).look,
                        "label": role(name).label,
                        "layer": layer,
                        "y": curve.last,
                    }
                )
    return pd.DataFrame(rows, columns=["kind", "look", "label", "layer", "y"])


def layer_spec(theme: Theme, title: str, height: int = 220) -> Spec:
    """Gradient norm by layer, input to output: a slope down to the left is a vanishing gradient."""
    x = {
        "field": "layer",
        "type": "ordinal",
        "sort": None,
        "title": _("layer, input to output"),
        "axis": {"labelAngle": -30, "labelLimit": 90},
    }
    y = {
        "field": "y",
        "type": "quantitative",
        "title": None,
        "scale": {"type": "log", "nice": True},
        "axis": {"tickCount": 4, "format": "~g", "grid": False, "domain": True},
    }
    tooltip = [
        {"field": "label", "type": "nominal", "title": _("who")},
        {"field": "layer", "type": "nominal", "title": _("layer")},
        {"field": "y", "type": "quantitative", "title": _("gradient norm"), "format": ".3~r"},
    ]
    encoding = {"x": x, "y": y, "color": _colour(theme), "tooltip": tooltip}
    return {
        "height": height,
        "title": {"text": title, "anchor": "start", "fontSize": 14, "fontWeight": 600, "color": INK[theme]},
        "config": config(theme, 12),
        "transform": [_of("line")],
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 1.5}, "encoding": {**encoding, "strokeDash": _dash(), "detail": {"field": "label"}}},
            {"mark": {"type": "point", "filled": True, "size": 90, "opacity": 1}, "encoding": {**encoding, "shape": _shape()}},
        ],
    }  # fmt: skip


def pinned(curves: Curves, temperature: float, most: int = 10) -> list[dict[str, Any]]:
    """The pinned images with the teacher's and the student's soft targets at T, for the bars beneath each image.

    One entry an image: {image, label, bars: [{name, teacher, student, label}]}; probabilities, None where unknown. Up to
    `most` classes keep their order; of more, the teacher's likeliest are shown.
    """
    said = curves.of_kind("Pinned")
    if not said:
        return []
    names, labels, pictures = said[-1]["classes"], said[-1]["labels"], said[-1]["png"]
    shots = [shot["logits"] for shot in curves.of_kind("Snapshot") if shot["role"] == STUDENT.name]
    panels = []
    for i, label in enumerate(labels):
        teacher = (
            soft_targets(said[-1]["teacher_logits"][i], temperature)
            if said[-1].get("teacher_logits") and curves.asks_teacher
            else None
        )
        student = soft_targets(shots[-1][i], temperature) if shots else None
        panels.append(
            {"image": pictures[i], "label": names[label], "bars": _bars(names, label, teacher, student, most)}
        )
    return panels


def _bars(
    names: Sequence[str], label: int, teacher: list[float] | None, student: list[float] | None, most: int
) -> list[dict[str, Any]]:
    shown = list(range(len(names)))
    if len(shown) > most:
        ruler = teacher or student or [0.0] * len(names)
        shown = sorted(sorted(shown, key=lambda c: -ruler[c])[:most])
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
