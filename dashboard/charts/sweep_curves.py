"""The curves of all members of a sweep while it trains: validation error against epoch."""

from __future__ import annotations

import math

import pandas as pd

from dashboard.charts.axes import error_top
from dashboard.charts.curve_rows import ChartRows, Row, RowGroup, chart_rows
from dashboard.charts.role_scales import LOOKS
from dashboard.charts.validation_error_curve import validation_error_spec
from dashboard.charts.vega import Spec
from dashboard.data.sweep_progress import ErrorCurve, SweepProgress, setting_label
from dashboard.text.roles import OTHER, ROLES, STUDENT, TEACHER, TWIN, Theme
from dashboard.text.translation import _

MOST_LINES = 120
"""Curves that are drawn at once; the best and the first of each setting come before the others."""
MOST_POINTS, POINTS = 6000, 300
"""Points of all curves together, and of one."""


def sweep_curves_frame(progress: SweepProgress) -> pd.DataFrame:
    """The rows of `sweep_curves_rows` as a frame. Columns as in `curve_rows`."""
    return sweep_curves_rows(progress).frame()


def sweep_curves_rows(progress: SweepProgress) -> ChartRows:
    """Every member's validation error in percent against epoch, as far as the longest of them trains."""
    epochs = max(one.spec.experiment.recipe.epochs for one in progress.members)
    best = progress.best
    drawn = [(one, setting_label(one.spec.setting) == best) for one in progress.members if one.curve]
    drawn = sorted(drawn, key=lambda pair: pair[1])[-MOST_LINES:]
    twins = {one.twin_label: one.twin_curve for one in progress.members if one.twin_curve}
    most = max(2, min(POINTS, MOST_POINTS // max(1, len(drawn))))
    groups: list[RowGroup] = []
    for one, is_best in drawn:
        groups += _curve_groups(one.curve, STUDENT.name if is_best else OTHER, one.label, most)
    for label, curve in [*twins.items()][:MOST_LINES]:
        groups += _curve_groups(curve, TWIN.name, label, most)
    latest = [curve[-1][1] for curve in [one.curve for one, _is_best in drawn] + [*twins.values()]]
    if progress.teacher is not None:
        flat: list[Row] = [(x, 100 * progress.teacher) for x in (0.0, float(epochs))]
        groups.append(RowGroup("flat", TEACHER.name, _("teacher"), "", flat))
        latest.append(progress.teacher)
    return chart_rows(groups, float(epochs), error_top([100 * share for share in latest]))


def _curve_groups(curve: ErrorCurve, look: str, label: str, most: int) -> list[RowGroup]:
    """Up to about `most` points of a curve, and its end where it is not one of the faint others."""
    stride = max(1, math.ceil(len(curve) / most))
    rows: list[Row] = [(epoch, 100 * share) for epoch, share in [*curve[:-1:stride], curve[-1]]]
    line = RowGroup("line", look, label, "", rows)
    return [line] if look == OTHER else [line, RowGroup("end", look, label, "", rows[-1:])]


def sweep_curves_spec(theme: Theme, height: int = 320) -> Spec:
    """All curves: teacher, twins and the best setting in the style of their roles, the others faint, named on hover."""
    spec = validation_error_spec(theme, height)
    lines = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line" and "params" in layer)
    is_other = f"datum.look === '{OTHER}'"
    lines["encoding"]["opacity"] = {"condition": {"test": is_other, "value": 0.4}, "value": 1}
    lines["encoding"]["strokeWidth"] = {
        "condition": [
            {"test": is_other, "value": 1.2},
            {"test": f"datum.look === '{STUDENT.name}'", "value": 2.5},
        ],
        "value": TWIN.width,
    }
    dashes = [[1, 0] if look == OTHER else list(ROLES[look].dash) for look in LOOKS]
    for layer in spec["layer"]:  # all layers share one scale
        if "scale" in layer["encoding"].get("strokeDash", {}):
            layer["encoding"]["strokeDash"]["scale"]["range"] = dashes
    return spec
