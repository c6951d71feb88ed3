"""The live validation-error curve of a run: students, twin and teacher against epoch, with rules where something changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from dashboard.charts.axes import LATE, PAST_THE_END, error_top, label_lines
from dashboard.charts.chart_theme import FAINT, INK, chart_config
from dashboard.charts.curve_rows import ChartRows, Row, RowGroup, chart_rows, row_group
from dashboard.charts.role_scales import role_colour, role_dash, role_shape, role_width
from dashboard.charts.teacher_validation import teacher_error, teacher_is_ready, teacher_training_curve
from dashboard.charts.vega import Spec, extent_value, nearest_point, nominal, of_kind, quantitative
from dashboard.data.curves import Curve, Curves
from dashboard.text.roles import TEACHER, Theme, in_order
from dashboard.text.translation import _, listing
from kdcore.experiment_fields import field_label

Ghosts = Mapping[str, Sequence[tuple[float, float]]]
NO_GHOSTS: Ghosts = {}
LINE = 18
"""Pixels from one line of texts at the top of the chart to the next."""
MARK = 9
"""Pixels that a mark at the end of a curve takes beyond it."""
EARLIER = "earlier"
"""The text of curves that were over before the students began: they stay whole while one goes back through the run."""

# ---------------------------------------------------------------------------------------------- the rows


def validation_error_frame(curves: Curves, epochs: float, ghosts: Ghosts = NO_GHOSTS) -> pd.DataFrame:
    """The rows of `validation_error_rows` as a frame, and ghosts in percent. Columns as in `curve_rows`."""
    rows = validation_error_rows(curves, epochs)
    groups = ghost_groups(ghosts)
    if groups and not curves.roles("val_error"):  # nothing else is there to look at
        highest = max(y for group in groups for _x, y in group.rows[-1:])
        rows = replace(rows, top=error_top([highest]))
    return replace(rows, groups=[*groups, *rows.groups]).frame()


def ghost_groups(ghosts: Ghosts) -> list[RowGroup]:
    """Lines of an earlier result, from shares by role; drawn faintly behind all others."""
    return [
        row_group("ghost", name, [(epoch, 100 * share) for epoch, share in ghosts[name]])
        for name in in_order([*ghosts])
    ]


def validation_error_rows(curves: Curves, epochs: float) -> ChartRows:
    """Validation error in percent against epoch: lines, the teacher's flat line, and rules for hot changes and stages.

    Kinds: line, flat, end, rule.
    """
    students = {
        name: curves.curve(name, "val_error")
        for name in in_order(curves.roles("val_error"))
        if name != TEACHER.name
    }
    prepared = {
        name: curves.curve(name, "val_error", "preparation")
        for name in in_order(curves.roles("val_error", "preparation"))
        if name not in students
    }
    trained = teacher_training_curve(curves)
    earlier = [*prepared.items(), *([(TEACHER.name, trained)] if trained.values else [])]
    groups = [group for name, curve in students.items() for group in _line_groups(curve, name)]
    groups += [group for name, curve in earlier for group in _line_groups(curve, name, EARLIER)]
    flat = teacher_error(curves)
    xmax = max([epochs, *trained.epochs[-1:], *(e for curve in prepared.values() for e in curve.epochs[-1:])])
    if flat is not None and teacher_is_ready(curves):
        groups.append(row_group("flat", TEACHER.name, [(x, 100 * flat) for x in (0.0, xmax)]))
    newest = [*students.values()] or [*prepared.values()] or [trained]
    top = error_top([*map(_recent_high, newest), *([100 * flat] if flat is not None else [])])
    groups += _event_groups(curves, xmax)
    return chart_rows(
        [group for group in groups if group.kind != "end" or group.rows[0][1] <= top], xmax, top
    )


def _line_groups(curve: Curve, name: str, text: str = "") -> list[RowGroup]:
    points = [(epoch, 100 * value) for epoch, value in curve.pairs]
    return [row_group("line", name, points, text), row_group("end", name, points[-1:], text)]


def _recent_high(curve: Curve) -> float:
    """The largest error of the last quarter, in percent."""
    recent = curve.values[-max(1, len(curve.values) // 4) :]
    return 100 * max(recent, default=0.5)


def _event_groups(curves: Curves, xmax: float) -> list[RowGroup]:
    """A rule where settings were changed or a later stage began; what happened at the same moment shares a rule.

    Their second coordinate is the line that their text stands on, so that no two overprint; NaN where none has room for it.
    """
    events: dict[float, dict[str, str]] = {}
    for change in curves.of_kind("HotChange"):
        label = field_label(change["setting"], _)
        events.setdefault(change["epoch"], {})[label] = f"{label} = {change['value']:g}"
    for change in curves.of_kind("StageChanged"):
        if change["epoch"] > 0:
            events.setdefault(change["epoch"], {})[change["stage"]] = _(change["stage"])
    rules: dict[str, list[Row]] = {}
    marks = [(epoch, listing(texts.values())) for epoch, texts in events.items()]
    for (epoch, text), line in zip(marks, label_lines(marks, xmax), strict=True):
        rules.setdefault(text, []).append((epoch, line))
    return [row_group("rule", "", rows, text) for text, rows in rules.items()]


# ---------------------------------------------------------------------------------------------- the specification


def validation_error_spec(theme: Theme, height: int = 380) -> Spec:
    """One large curve of validation error. Shift and the wheel zoom along the epochs, a double click resets."""
    y = quantitative(
        "y", title=_("validation error, %"), scale={"domain": [0, extent_value("top", 100)], "nice": False}, axis={"tickCount": 6}
    )  # fmt: skip
    return {
        "height": height,
        "padding": PAST_THE_END,
        "config": chart_config(theme, 14),
        "encoding": {"y": y},
        "layer": [*_line_layers(theme), *_mark_layers(theme), *_event_layers(theme, 14)],
    }


def epoch_axis() -> Spec:
    """The horizontal axis, from 0 to the extent of the frame; it ends before the figure does, whose edge cuts what is drawn."""
    return quantitative(
        "x", title=_("epoch"),
        scale={"domain": [0, extent_value("xmax", 1)], "nice": False, "range": [0, {"expr": f"width - {MARK}"}]},
        axis={"grid": False, "tickMinStep": 1, "tickCount": 10},
    )  # fmt: skip


def _tooltip() -> list[Spec]:
    return [
        nominal("label", title=_("who")),
        quantitative("x", title=_("epoch"), format=".4~r"),
        quantitative("y", title=_("validation error, %"), format=".2f"),
    ]


def _line_layers(theme: Theme) -> list[Spec]:
    """Ghosts, the teacher's flat line, and every network's curve."""
    x, (who, _epoch, error) = epoch_axis(), _tooltip()
    return [
        {
            "transform": [of_kind("ghost")],
            "mark": {"type": "line", "clip": True, "opacity": 0.45, "strokeJoin": "round"},
            "encoding": {"x": x, "color": role_colour(theme), "strokeDash": role_dash(), "strokeWidth": {"value": 2}, "detail": {"field": "label"}},
        },
        {
            "transform": [of_kind("flat")],
            "mark": {"type": "line", "clip": True, "opacity": 0.9},
            "encoding": {"x": x, "color": role_colour(theme), "strokeWidth": {"value": 2}, "tooltip": [who, error]},
        },
        {
            "transform": [of_kind("line")],
            "params": [_zoom()],
            "mark": {"type": "line", "clip": True, "interpolate": "linear", "strokeJoin": "round"},
            "encoding": {"x": x, "color": role_colour(theme), "strokeDash": role_dash(), "strokeWidth": role_width(), "detail": {"field": "label"}},
        },
    ]  # fmt: skip


def _zoom() -> Spec:
    return {
        "name": "zoom", "bind": "scales",
        "select": {
            "type": "interval", "encodings": ["x"], "zoom": "wheel![event.shiftKey]",
            "translate": "[pointerdown[event.shiftKey], window:pointerup] > window:pointermove!",
        },
    }  # fmt: skip


def _mark_layers(theme: Theme) -> list[Spec]:
    """The point nearest to the pointer, and a mark at the end of every curve."""
    marks = {"x": epoch_axis(), "color": role_colour(theme), "shape": role_shape(), "tooltip": _tooltip()}
    opacity = {"condition": {"param": "near", "empty": False, "value": 1}, "value": 0}
    return [
        {
            "transform": [of_kind("line")],
            "params": [nearest_point(fields=["label", "x"])],  # the same point also among new rows
            "mark": {"type": "point", "filled": True, "size": 110, "clip": True},
            "encoding": {**marks, "opacity": opacity},
        },
        {
            "transform": [of_kind("end")],
            "mark": {"type": "point", "filled": True, "size": 150, "opacity": 1},
            "encoding": marks,
        },
    ]


def _event_layers(theme: Theme, size: int) -> list[Spec]:
    """Vertical lines where a setting was changed or a stage began, each with its text."""
    x, text = quantitative("x"), nominal("text")
    late = f"datum.x > {LATE} * {extent_value('xmax', 1)['expr'].partition(' ? ')[2].partition(' : ')[0]}"
    words = {
        "type": "text", "baseline": "top", "fontSize": size, "color": INK[theme], "clip": True,
        "align": {"expr": f"{late} ? 'right' : 'left'"}, "dx": {"expr": f"{late} ? -4 : 4"}, "dy": {"expr": f"2 + {LINE} * datum.y"},
    }  # fmt: skip
    place = {"x": x, "y": {"value": 0}, "text": text}
    labelled = [of_kind("rule"), {"filter": "isValid(datum.y)"}]
    return [
        {
            "transform": [of_kind("rule")],
            "mark": {"type": "rule", "color": FAINT[theme], "strokeDash": [2, 3], "clip": True},
            "encoding": {"x": x, "y": {"value": 0}, "y2": {"value": "height"}, "tooltip": text},
        },
        {"transform": labelled, "mark": words, "encoding": place},
    ]
