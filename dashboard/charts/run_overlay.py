"""Runs laid over each other: the validation error of their students and twins on one pair of axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboard.charts.axes import PAST_THE_END, error_top, spread_labels
from dashboard.charts.chart_theme import INK, PAPER, chart_config
from dashboard.charts.run_line_styles import DASHES, SHADES
from dashboard.charts.vega import Spec, extent_value, nearest_point, nominal, of_kind, quantitative
from dashboard.data.compared_runs import ComparedRun
from dashboard.data.curves import Curve
from dashboard.data.run_curves import Errors
from dashboard.text.roles import STUDENT, TWIN, Theme
from dashboard.text.translation import _

NARROW_CHART = 600
"""A chart of fewer pixels has no room for names."""
ROOM = 1.28
"""How far the axis goes on beyond the last epoch, for the names at the ends."""
MOST_LETTERED = 12
"""Up to so many runs have their letter on their line and their name at its end; more would hide the lines. The pointer names them."""
LETTER_PLACES = (0.3, 0.5, 0.7, 0.4, 0.6)
"""Where the letters stand on their lines, in turn, as shares of the line."""
MOST_NAMED_TWINS = 4
"""Up to so many different twins are named."""
COLUMNS = ("kind", "run", "label", "dash", "shade", "x", "y", "place", "text", "xmax", "last", "top")


# ---------------------------------------------------------------------------------------------- the frame

Points = list[tuple[float, float]]


def overlay_frame(shown: Sequence[ComparedRun], errors: Sequence[Errors]) -> pd.DataFrame:
    """Validation error in percent against epoch: students, their twins, the students' letters, and names at the ends.

    kind: extent, student, twin, letter, end or twin end. run: its letter. last: the last epoch; the axis goes on to xmax.
    Columns: COLUMNS. `errors`: one per run.
    """
    students = [(run, _percent(one.student)) for run, one in zip(shown, errors, strict=True)]
    twins = [(run, _percent(one.twin)) for run, one in zip(shown, errors, strict=True)]
    late = [y for _run, points in [*twins, *students] for _x, y in points[-max(1, len(points) // 4) :]]
    top = error_top([max(late, default=50.0)])
    rows, ends = [], []
    for (run, student), (_run, twin) in zip(students, twins, strict=True):
        rows += [_row("twin", run, *point) for point in twin]
        rows += [_row("student", run, *point) for point in student]
        named = run.title if len(shown) <= MOST_LETTERED else ""
        ends += [_row("end", run, *student[-1], text=named)] if student else []
        if len(shown) <= MOST_LETTERED:
            rows += _letter_rows(run, student, top)
    ends += _twin_ends([(run, twin) for run, twin in twins if twin])
    last = max((row["x"] for row in rows), default=1.0)
    extent = {"kind": "extent", "run": "", "label": "", "x": 0.0, "y": math.nan, "text": "", "xmax": (ROOM if any(end["text"] for end in ends) else 1.02) * last, "last": last, "top": top}  # fmt: skip
    return pd.DataFrame([extent, *rows, *_placed(ends, top)], columns=[*COLUMNS])


def _percent(curve: Curve) -> Points:
    return [(x, 100 * y) for x, y in curve.pairs if not math.isnan(y)]


def _row(kind: str, run: ComparedRun, x: float, y: float, text: str = "") -> dict[str, Any]:
    dash, shade = run.place % len(DASHES), run.place % len(SHADES["light"])
    return {
        "kind": kind, "run": run.letter, "label": run.title, "dash": str(dash), "shade": str(shade), "x": x, "y": y, "text": text,
    }  # fmt: skip


def _letter_rows(run: ComparedRun, student: Points, top: float) -> list[dict[str, Any]]:
    """The letter on the visible part of a run's line; none where nothing of it is visible."""
    visible = [point for point in student if point[1] <= top]
    if not visible:
        return []
    share = LETTER_PLACES[run.place % len(LETTER_PLACES)]
    return [_row("letter", run, *visible[int(share * len(visible))], text=run.letter)]


def _twin_ends(twins: Sequence[tuple[ComparedRun, Points]]) -> list[dict[str, Any]]:
    """A mark at every twin's end; runs of one recipe have the same twin, which is named once, unless there are many."""
    runs_by_curve: dict[tuple[tuple[float, float], ...], list[ComparedRun]] = {}
    for run, points in twins:
        runs_by_curve.setdefault(tuple(points), []).append(run)
    ends = []
    for curve, runs in runs_by_curve.items():
        end = _row("twin end", runs[0], *curve[-1])
        if len(runs_by_curve) <= MOST_NAMED_TWINS and len(runs) <= MOST_NAMED_TWINS:
            end["run"] = ", ".join(run.letter for run in runs)
            end["text"] = _("{twin} of {letters}").format(twin=TWIN.label, letters=end["run"])
        elif len(runs_by_curve) == 1:
            end["text"] = _("{twin} of all").format(twin=TWIN.label)
        ends.append(end)
    return ends


def _placed(ends: Sequence[dict[str, Any]], top: float) -> list[dict[str, Any]]:
    """The ends that are visible, each with a `place` for its name: apart from its neighbours, and below the top.

    An end without a name stands where its line ends: a place beyond the axis would take the chart's height.
    """
    visible = [end for end in ends if end["y"] <= top]
    named = [end for end in visible if end["text"]]
    places = spread_labels([end["y"] for end in named], top / 18)
    beyond = max(0.0, max(places, default=0.0) - top)
    placed = [end | {"place": place - beyond} for end, place in zip(named, places, strict=True)]
    return [*placed, *(end | {"place": end["y"]} for end in visible if not end["text"])]


# ---------------------------------------------------------------------------------------------- the specification


def overlay_spec(theme: Theme, height: int = 380) -> Spec:
    """Each student with its own dash and shade of the role's colour, and its letter; the twins in grey, faint.

    The run under the pointer stands out.
    """
    x, y = _epoch_axis(), _error_axis()
    return {
        "height": height,
        "padding": PAST_THE_END,
        "config": chart_config(theme, 14),
        "layer": [
            *_line_layers(theme, x, y),
            *_mark_layers(theme, x, y),
            *_letter_layers(theme, x, y),
            _name_layer(theme, x, y),
        ],
    }


def _epoch_axis() -> Spec:
    """The epochs; beyond the last there is room for names, without labels and ticks."""
    beyond = "(length(data('source')) ? datum.value > data('source')[0].last : false)"
    axis = {
        "grid": False,
        "tickMinStep": 1,
        "tickCount": 10,
        "labelExpr": f"{beyond} ? '' : datum.label",
        "tickOpacity": {"condition": {"test": beyond, "value": 0}, "value": 1},
    }
    return quantitative(
        "x", title=_("epoch"), scale={"domain": [0, extent_value("xmax", 1)], "nice": False}, axis=axis
    )


def _error_axis() -> Spec:
    scale = {"domain": [0, extent_value("top", 100)], "nice": False}
    return quantitative("y", title=_("validation error, %"), scale=scale, axis={"tickCount": 6})


def _shade(theme: Theme) -> Spec:
    return _by_index("shade", SHADES[theme])


def _by_index(column: str, values: Sequence[Any]) -> Spec:
    scale = {"type": "ordinal", "domain": [str(i) for i in range(len(values))], "range": list(values)}
    return nominal(column, legend=None, scale=scale)


def _near_pointer(value: float, otherwise: float) -> Spec:
    return {"condition": {"param": "near", "empty": False, "value": value}, "value": otherwise}


def _line_layers(theme: Theme, x: Spec, y: Spec) -> list[Spec]:
    def lines(kind: str, width: float, opacity: float, mark: Spec, encoding: Spec) -> Spec:
        return {
            "transform": [of_kind(kind)],
            "mark": {"type": "line", "clip": True, "strokeJoin": "round", **mark},
            "encoding": {
                "x": x, "y": y, "detail": {"field": "run"},
                "opacity": _near_pointer(1, opacity), "strokeWidth": _near_pointer(width + 1.5, width), **encoding,
            },
        }  # fmt: skip

    grey = {"strokeDash": list(TWIN.dash), "color": TWIN.colour(theme)}
    dash = _by_index("dash", [list(one) for one in DASHES])
    return [
        lines("twin", 1.5, 0.7, grey, {}),
        lines("student", 3, 1, {}, {"color": _shade(theme), "strokeDash": dash}),
    ]


def _mark_layers(theme: Theme, x: Spec, y: Spec) -> list[Spec]:
    """Points that the pointer finds, and marks at the ends."""
    tooltip = [
        nominal("label", title=_("run")),
        nominal("kind", title=_("who")),
        quantitative("x", title=_("epoch"), format=".4~r"),
        quantitative("y", title=_("validation error, %"), format=".2f"),
    ]
    encoding = {"x": x, "y": y, "tooltip": tooltip}
    end = {"type": "point", "filled": True, "size": 110, "opacity": 1}
    return [
        {
            "transform": [of_kind("student", "twin")],
            "params": [nearest_point(fields=["run"])],
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 0, "clip": True},
            "encoding": encoding,
        },
        {
            "transform": [of_kind("twin end")],
            "mark": {**end, "shape": TWIN.shape, "color": TWIN.colour(theme)},
            "encoding": encoding,
        },
        {
            "transform": [of_kind("end")],
            "mark": {**end, "shape": STUDENT.shape},
            "encoding": {**encoding, "color": _shade(theme)},
        },
    ]


def _texts(kinds: Sequence[str], mark: Spec, encoding: Spec) -> Spec:
    """Texts of rows of some kinds; where there is no room for names, the letters stand for them, as in the tables."""
    text = {"calculate": f"width < {NARROW_CHART} ? datum.run : datum.text", "as": "shown_text"}
    return {
        "transform": [{"filter": {"field": "kind", "oneOf": [*kinds]}}, text],
        "mark": {"type": "text", "fontSize": 14, **mark},
        "encoding": {"text": nominal("shown_text"), **encoding},
    }


def _letter_layers(theme: Theme, x: Spec, y: Spec) -> list[Spec]:
    """Each run's letter on its line, with a seam in the page's colour beneath."""
    letter, seam = (
        {"fontSize": 17, "fontWeight": 700},
        {"stroke": PAPER[theme], "strokeWidth": 6, "strokeJoin": "round"},
    )
    return [
        _texts(["letter"], letter | seam, {"x": x, "y": y}),
        _texts(["letter"], letter, {"x": x, "y": y, "color": _shade(theme)}),
    ]


def _name_layer(theme: Theme, x: Spec, y: Spec) -> Spec:
    """The names at the ends."""
    mark = {"align": "left", "dx": 9, "color": INK[theme], "fontWeight": 500}
    encoding = {"x": x, "y": {**y, "field": "place"}}
    return _texts(["end", "twin end"], mark, encoding)
