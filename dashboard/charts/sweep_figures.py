"""A sweep's figures: the curves of all members, and the answer; pure functions from what is known to frames and specifications.

In the answer a mark is a link: a click opens its run. What changes is in the frames, so that a chart keeps its place.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboard.charts import training_curves
from dashboard.charts.dark_knowledge import SEQUENTIAL
from dashboard.charts.training_curves import FAINT, GRID, INK, Spec, config
from dashboard.data.sweep_measurements import MeasuredSetting
from dashboard.data.sweep_progress import ErrorCurve, SweepProgress, setting_label
from dashboard.text.roles import OTHER, ROLES, STUDENT, TEACHER, TWIN, Theme
from dashboard.text.translation import _, ngettext
from kdcore.experiment_fields import field_label
from kdcore.pipelines.cohort_spec import is_distillation_field
from kdcore.pipelines.varied_fields import is_logarithmic, numeric_range
from kdcore.studies.sweep_findings import field_value

MOST_LINES = 120
"""Curves that are drawn at once; the best and the first of each setting come before the others."""
MOST_POINTS, POINTS = 6000, 300
OPENED: Spec = {"condition": {"test": "isValid(datum.url)", "field": "url", "type": "nominal"}}
"""The run that a mark opens; without a test Vega would follow the address "null" where there is none."""
POINTER: Spec = {"expr": "isValid(datum.url) ? 'pointer' : 'default'"}


# ---------------------------------------------------------------------------------------------- the curves


def member_curves_frame(progress: SweepProgress, epochs: int) -> pd.DataFrame:
    """Every member's validation error in percent against epoch. Columns as `charts.error_frame`."""
    rows: list[dict[str, Any]] = []
    best = progress.best
    drawn = [(one, setting_label(one.spec.setting) == best) for one in progress.members if one.curve]
    drawn = sorted(drawn, key=lambda pair: pair[1])[-MOST_LINES:]
    most = max(2, min(POINTS, MOST_POINTS // max(1, len(drawn))))
    twins = {one.twin_label: one.twin_curve for one in progress.members if one.twin_curve}
    for one, is_best in drawn:
        _add(rows, one.curve, STUDENT.name if is_best else OTHER, one.label, most)
    for label, curve in [*twins.items()][:MOST_LINES]:
        _add(rows, curve, TWIN.name, label, most)
    shares = [curve[-1][1] for curve in [one.curve for one, _b in drawn] + [*twins.values()]]
    if progress.teacher is not None:
        rows += [
            _row("flat", TEACHER.name, _("teacher"), x, 100 * progress.teacher) for x in (0.0, float(epochs))
        ]
        shares.append(progress.teacher)
    top = training_curves.error_top([100 * share for share in shares])
    first = {**_row("extent", OTHER, "", 0.0, math.nan), "xmax": 1.01 * epochs, "top": top}
    return pd.DataFrame([first, *rows], columns=["kind", "look", "label", "x", "y", "text", "xmax", "top"])


def _add(rows: list[dict[str, Any]], curve: ErrorCurve, look: str, label: str, most: int) -> None:
    stride = max(1, math.ceil(len(curve) / most))
    kept = [*curve[:-1:stride], curve[-1]]
    rows += [_row("line", look, label, epoch, 100 * share) for epoch, share in kept]
    if look != OTHER:
        rows.append(_row("end", look, label, kept[-1][0], 100 * kept[-1][1]))


def _row(kind: str, look: str, label: str, x: float, y: float) -> dict[str, Any]:
    return {"kind": kind, "look": look, "label": label, "x": x, "y": y, "text": ""}


def member_curves_spec(theme: Theme, height: int = 320) -> Spec:
    """All curves: teacher, twins and the best setting in their roles' looks, the others faint, named on hover."""
    spec = training_curves.error_spec(theme, height)
    lines = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line" and "params" in layer)
    others = f"datum.look === '{OTHER}'"
    lines["encoding"]["opacity"] = {"condition": {"test": others, "value": 0.4}, "value": 1}
    lines["encoding"]["strokeWidth"] = {
        "condition": [
            {"test": others, "value": 1.2},
            {"test": f"datum.look === '{STUDENT.name}'", "value": 2.5},
        ],
        "value": TWIN.width,
    }
    dash = lines["encoding"]["strokeDash"]
    dash["scale"]["range"] = [
        [1, 0] if look == OTHER else list(ROLES[look].dash) for look in training_curves.LOOKS
    ]
    return spec


# ---------------------------------------------------------------------------------------------- the answer


def answer_frame(found: Sequence[MeasuredSetting], teacher: float | None, link: str) -> pd.DataFrame:
    """Each seed as a dot, each setting's mean with its spread. Errors in percent.

    Columns: kind (extent, dot, mean, flat, band), look, x (a number or a word), y, low, high, label, url, sort, top. `link` is the
    start of a run's address.
    """
    rows: list[dict[str, Any]] = []
    for i, one in enumerate(found):
        [(name, value)] = one.setting.items()
        x = value if numeric_range([value]) else field_value(value, _)
        for who, errors in ((STUDENT.name, one.student), (TWIN.name, one.twin)):
            if who == TWIN.name and is_distillation_field(name):
                continue
            label = f"{field_label(name, _)} = {field_value(value, _)}, {ROLES[who].label}"
            rows += _dots(who, x, i, errors, one.runs, label, link)
            rows.append(_mean(who, x, i, errors, label, _opened(one, link)))
    return _whole(rows + _references(found, teacher))


def _references(found: Sequence[MeasuredSetting], teacher: float | None) -> list[dict[str, Any]]:
    """What is the same at every setting, a line over the whole axis: twins that no setting changes, with their band, and
    the teacher."""
    rows: list[dict[str, Any]] = []
    twins = max((one.twin for one in found), key=len, default=[])
    if twins and all(map(is_distillation_field, found[0].setting)):
        mean = _mean(TWIN.name, None, 0, twins, TWIN.label, None)
        rows += [mean | {"kind": "flat"}, mean | {"kind": "band"}]
    if teacher is not None and found:
        rows.append({"kind": "flat", "look": TEACHER.name, "y": 100 * teacher, "label": TEACHER.label})
    return rows


def _dots(
    who: str, x: Any, place: int, errors: Sequence[float], runs: Sequence[str], label: str, link: str
) -> list[dict[str, Any]]:
    return [
        {
            "kind": "dot", "look": who, "x": x, "sort": place, "y": 100 * error, "low": 100 * error, "high": 100 * error,
            "label": f"{label} · {_('seed')} {seed}", "url": link + runs[seed] if runs[seed] else None,
        }
        for seed, error in enumerate(errors)
    ]  # fmt: skip


def _mean(
    who: str, x: Any, place: int, errors: Sequence[float], label: str, url: str | None
) -> dict[str, Any]:
    mean = 100 * statistics.fmean(errors) if errors else math.nan
    spread = 100 * statistics.stdev(errors) if len(errors) > 1 else 0.0
    said = f"{label} · {ngettext('mean of {n} seed', 'mean of {n} seeds', len(errors)).format(n=len(errors))}"
    return {
        "kind": "mean", "look": who, "x": x, "sort": place, "y": mean, "low": mean - spread, "high": mean + spread, "label": said, "url": url,
    }  # fmt: skip


def _opened(one: MeasuredSetting, link: str) -> str | None:
    """The run that a mean opens: that of its first seed."""
    return link + one.runs[0] if one.runs and one.runs[0] else None


def _whole(rows: list[dict[str, Any]]) -> pd.DataFrame:
    ys = [
        row[name] for row in rows for name in ("y", "high") if row.get(name) == row.get(name) and name in row
    ]
    top = training_curves.error_top([0.55 * max(ys, default=50.0)])
    columns = ["kind", "look", "x", "sort", "y", "low", "high", "label", "url", "top"]
    return pd.DataFrame([{"kind": "extent", "look": OTHER, "top": top}, *rows], columns=columns)


def answer_spec(theme: Theme, title: str, y_title: str, values: Sequence[Any], height: int = 320) -> Spec:
    """Error against the varied field: the mean as a line with its spread, every seed as a dot, the twin beside it."""
    tooltip = [
        {"field": "label", "type": "nominal", "title": " "},
        {"field": "y", "type": "quantitative", "title": y_title, "format": ".2f"},
    ]
    x = _axis(title, values)
    y = {
        "field": "y", "type": "quantitative", "title": y_title,
        "scale": {"domain": [0, training_curves._end("top", 100)], "nice": False}, "axis": {"tickCount": 6},
    }  # fmt: skip
    common = {"x": x, "color": training_curves._colour(theme)}
    across = {
        "x": {"value": 0},
        "x2": {"value": "width"},
        "color": training_curves._colour(theme),
        "tooltip": tooltip,
    }
    return {
        "height": height,
        "config": config(theme, 14),
        "transform": [{"filter": "datum.kind !== 'extent'"}],
        "encoding": {"y": y},
        "layer": [
            {
                "transform": [training_curves._of("flat")],
                "mark": {"type": "rule", "clip": True},
                "encoding": {**across, "strokeWidth": {"value": 2}, "strokeDash": training_curves._dash()},
            },
            {
                "transform": [training_curves._of("band")],
                "mark": {"type": "rect", "clip": True, "opacity": 0.15},
                "encoding": {**across, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "transform": [training_curves._of("mean")],
                "mark": {"type": "rule", "clip": True, "strokeWidth": 5, "opacity": 0.3},
                "encoding": {**common, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "tooltip": tooltip},
            },
            {
                "transform": [training_curves._of("mean")],
                "mark": {"type": "line", "clip": True},
                "encoding": {**common, "strokeDash": training_curves._dash(), "strokeWidth": training_curves._width()},
            },
            {
                "transform": [training_curves._of("dot")],
                "mark": {"type": "point", "filled": True, "size": 45, "opacity": 0.75, "clip": True, "cursor": POINTER},
                "encoding": {**common, "shape": training_curves._shape(), "tooltip": tooltip, "href": OPENED, "description": {"field": "label"}},
            },
            {
                "transform": [training_curves._of("mean")],
                "mark": {"type": "point", "filled": True, "size": 170, "opacity": 1, "clip": True, "cursor": POINTER},
                "encoding": {**common, "shape": training_curves._shape(), "tooltip": tooltip, "href": OPENED, "description": {"field": "label"}},
            },
        ],
    }  # fmt: skip


def _axis(title: str, values: Sequence[Any], most: int = 16) -> Spec:
    """The varied field, up to `most` of its values marked: numbers on a line, logarithmic where they span a factor of ten; words in the sweep's order."""
    ends = numeric_range(values)
    if ends is None:
        return {
            "field": "x",
            "type": "ordinal",
            "title": title,
            "sort": {"field": "sort"},
            "axis": {"labelAngle": 0},
        }
    scale: Spec = {"nice": False, "zero": False, "padding": 18}
    if is_logarithmic(*ends):
        scale |= {"type": "log"}
    ticks = [*values] if 2 < len(values) <= most else None
    axis = {"grid": False, "format": "~g"} | ({"values": ticks} if ticks else {"tickCount": 8})
    return {"field": "x", "type": "quantitative", "title": title, "scale": scale, "axis": axis}


# ---------------------------------------------------------------------------------------------- two fields


def heat_frame(found: Sequence[MeasuredSetting], link: str) -> pd.DataFrame:
    """The mean error of each setting in percent. Columns: x, y (words), vx, vy (values), mean, gain, seeds, url."""
    rows = []
    for one in found:
        (_first, x), (_second, y) = [*one.setting.items()][:2]
        mean = 100 * statistics.fmean(one.student)
        gain = mean - 100 * statistics.fmean(one.twin) if one.twin else math.nan
        said = {
            "x": field_value(x, _),
            "y": field_value(y, _),
            "mean": mean,
            "gain": gain,
            "seeds": len(one.student),
        }
        places = {"vx": x, "vy": y} if numeric_range([x, y]) else {"vx": math.nan, "vy": math.nan}
        rows.append(said | places | {"url": _opened(one, link)})
    return pd.DataFrame(rows, columns=["x", "y", "vx", "vy", "mean", "gain", "seeds", "url"])


def scatter_spec(
    theme: Theme,
    titles: tuple[str, str],
    values: tuple[Sequence[Any], Sequence[Any]],
    value: str,
    height: int = 320,
) -> Spec:
    """Drawn settings of two fields of numbers: each a mark at its place, the further from the page's colour the more it errs."""
    spec = heat_spec(theme, *titles, [], [], value, height)
    marks = spec["layer"][0]
    x, y = (_axis(title, ends, most=0) for title, ends in zip(titles, values, strict=True))
    spec["encoding"] = {"x": {**x, "field": "vx"}, "y": {**y, "field": "vy"}}
    mark = {"type": "point", "filled": True, "size": 260, "opacity": 1, "cursor": POINTER, "stroke": FAINT[theme], "strokeWidth": 1}  # fmt: skip
    return spec | {"layer": [marks | {"mark": mark}]}


def heat_spec(
    theme: Theme,
    x_title: str,
    y_title: str,
    x_order: Sequence[str],
    y_order: Sequence[str],
    value: str,
    height: int = 320,
) -> Spec:
    """A heat map of two fields: what errs more is further from the page's colour; the number in each cell is the mean error in percent."""
    x = {
        "field": "x",
        "type": "nominal",
        "title": x_title,
        "sort": list(x_order),
        "scale": {"domain": list(x_order)},
        "axis": {"labelAngle": 0},
    }
    y = {
        "field": "y",
        "type": "nominal",
        "title": y_title,
        "sort": list(y_order),
        "scale": {"domain": list(y_order)},
    }
    tooltip = [
        {"field": "x", "type": "nominal", "title": x_title},
        {"field": "y", "type": "nominal", "title": y_title},
        {"field": "mean", "type": "quantitative", "title": value, "format": ".2f"},
        {"field": "gain", "type": "quantitative", "title": _("student − twin, points"), "format": "+.2f"},
        {"field": "seeds", "type": "quantitative", "title": _("seeds")},
    ]
    colour = {
        "field": "mean", "type": "quantitative", "title": value,
        "scale": {"range": SEQUENTIAL[theme], "interpolate": "lab", "nice": False, "zero": False}, "legend": {"gradientLength": 160, "labelColor": INK[theme], "titleColor": INK[theme]},
    }  # fmt: skip
    # The reader's own theme decides which end of the map is dark.
    ink = {"expr": f"luminance(scale('color', datum.mean)) > 0.3 ? '{INK['light']}' : '{INK['dark']}'"}
    return {
        "height": height,
        "config": config(theme, 14),
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "mark": {"type": "rect", "cursor": POINTER, "stroke": GRID[theme]},
                "encoding": {
                    "color": colour,
                    "tooltip": tooltip,
                    "href": OPENED,
                    "description": {"field": "label"},
                },
            },
            {
                "mark": {"type": "text", "fontSize": 15, "aria": False, "cursor": POINTER, "color": ink},
                "encoding": {
                    "text": {"field": "mean", "type": "quantitative", "format": ".1f"},
                    "href": OPENED,
                    "tooltip": tooltip,
                },
            },
        ],
    }


# ---------------------------------------------------------------------------------------------- networks


def size_frame(
    found: Sequence[MeasuredSetting], link: str, teacher: tuple[int | None, float | None] = (None, None)
) -> pd.DataFrame:
    """Accuracy in percent against parameters: each twin, each student, an arrow from one to the other, and the teacher.

    Columns: kind (twin, student, dot, arrow), look, x, y, y2, middle, up, label, url.
    """
    rows: list[dict[str, Any]] = []
    for one in found:
        if one.parameters is None or not one.twin:
            continue
        name = ", ".join(field_value(value, _) for value in one.setting.values())
        means = {
            who: 100 * (1 - statistics.fmean(e))
            for who, e in ((STUDENT.name, one.student), (TWIN.name, one.twin))
        }
        url = _opened(one, link)
        rows.append(
            {
                "kind": "arrow", "look": OTHER, "x": one.parameters, "y": means[TWIN.name], "y2": means[STUDENT.name],
                "middle": means[TWIN.name] + 0.6 * (means[STUDENT.name] - means[TWIN.name]), "up": means[STUDENT.name] >= means[TWIN.name],
            }
        )  # fmt: skip
        for who, errors in ((TWIN.name, one.twin), (STUDENT.name, one.student)):
            label = f"{name}, {ROLES[who].label}"
            rows.append(
                {
                    "kind": "mean",
                    "look": who,
                    "x": one.parameters,
                    "y": means[who],
                    "label": label,
                    "url": url,
                    "name": name if who == STUDENT.name else "",
                }
            )
            rows += [
                {"kind": "dot", "look": who, "x": one.parameters, "y": 100 * (1 - e), "label": f"{label} · {_('seed')} {seed}", "url": link + one.runs[seed] if one.runs[seed] else None}
                for seed, e in enumerate(errors)
            ]  # fmt: skip
    size, error = teacher
    if rows and size is not None and error is not None:
        label = TEACHER.label
        rows.append({"kind": "mean", "look": TEACHER.name, "x": size, "y": 100 * (1 - error), "label": label, "name": label})  # fmt: skip
    columns = ["kind", "look", "x", "y", "y2", "middle", "up", "label", "name", "url"]
    return pd.DataFrame(rows, columns=columns)


def size_spec(theme: Theme, y_title: str, height: int = 320) -> Spec:
    """Size against accuracy, parameters on a logarithmic axis; the arrows show what distilling adds to each size."""
    x = {
        "field": "x", "type": "quantitative", "title": _("parameters"),
        "scale": {"type": "log", "nice": False, "padding": 40}, "axis": {"format": "~s", "grid": False, "tickCount": 6},
    }  # fmt: skip
    y = {
        "field": "y",
        "type": "quantitative",
        "title": y_title,
        "scale": {"zero": False, "padding": 16},
        "axis": {"tickCount": 6},
    }
    tooltip = [
        {"field": "label", "type": "nominal", "title": " "},
        {"field": "x", "type": "quantitative", "title": _("parameters"), "format": ",d"},
        {"field": "y", "type": "quantitative", "title": y_title, "format": ".2f"},
    ]
    marks = {
        "x": x,
        "y": y,
        "color": training_curves._colour(theme),
        "shape": training_curves._shape(),
        "tooltip": tooltip,
        "href": OPENED,
    }
    head = {"condition": {"test": "datum.up", "value": "triangle-up"}, "value": "triangle-down"}
    return {
        "height": height,
        "config": config(theme, 14),
        "layer": [
            {
                "transform": [training_curves._of("arrow")],
                "mark": {"type": "rule", "color": FAINT[theme], "strokeWidth": 2},
                "encoding": {"x": x, "y": y, "y2": {"field": "y2"}},
            },
            {
                "transform": [training_curves._of("arrow")],
                "mark": {"type": "point", "filled": True, "color": FAINT[theme], "size": 90, "opacity": 1},
                "encoding": {"x": x, "y": {**y, "field": "middle"}, "shape": head},
            },
            {"transform": [training_curves._of("dot")], "mark": {"type": "point", "filled": True, "size": 35, "opacity": 0.6, "cursor": POINTER}, "encoding": marks},
            {"transform": [training_curves._of("mean")], "mark": {"type": "point", "filled": True, "size": 190, "opacity": 1, "cursor": POINTER}, "encoding": marks},
            {
                "transform": [training_curves._of("mean")],
                "mark": {"type": "text", "dx": 12, "align": "left", "fontSize": 13, "color": INK[theme]},
                "encoding": {"x": x, "y": y, "text": {"field": "name", "type": "nominal"}},
            },
        ],
    }  # fmt: skip
