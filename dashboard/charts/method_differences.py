"""All measured methods: each one's errors less its twin's, seed by seed, the fewest on top; below zero the method helps."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from dashboard.charts.chart_theme import FAINT, INK, PAPER, chart_config
from dashboard.charts.vega import Spec, data_domain, nominal, of_kind, quantitative
from dashboard.text.numbers import signed
from dashboard.text.roles import STUDENT, Theme
from dashboard.text.translation import _

if TYPE_CHECKING:
    from kdcore.studies.claims import Verdict
    from kdcore.studies.method_comparison import Comparison, Row

LINE = 22
"""Pixels that a method takes in the ranking."""
HEAD = 64
"""Pixels of the ranking's axis above its lines."""
STEPS = (-100, -30, -10, -3, -1, 0, 1, 3, 10, 30, 100)
"""Differences that have a tick: within a point of the twin the axis is linear, beyond it logarithmic."""


def measured_rows(comparison: Comparison) -> list[Row]:
    """The methods that were measured with everything that the figures need, the one with the fewest errors beside its twin first."""
    rows = [row for row in comparison.rows if row.student and row.images and row.parameters]
    return sorted(rows, key=lambda row: statistics.fmean(differences(row)))


def differences(row: Row) -> list[float]:
    """The student's test error less its twin's in points, seed by seed."""
    return [100 * (own - twin) / row.images for own, twin in zip(row.student, row.twin, strict=True)]


def method_difference_frame(comparison: Comparison, titles: Mapping[str, str]) -> pd.DataFrame:
    """Each method's test error less its twin's in points: a row per seed, and the mean with its standard error.

    Columns: kind (seed, mean), label, difference, low, high, claimed (whether the difference may be claimed beside all others of
    the comparison), text, claim (what may be claimed, or how many seeds could tell).
    """
    from kdcore.studies.method_comparison import verdicts

    judged = verdicts(comparison.rows)
    rows: list[dict[str, Any]] = []
    for row in measured_rows(comparison):
        label = titles.get(row.method, row.method)
        rows += [{"kind": "seed", "label": label, "difference": points} for points in differences(row)]
        rows.append({"kind": "mean", "label": label, **_mean(row, judged[row.method, "errors"])})
    return pd.DataFrame(rows)


def _mean(row: Row, verdict: Verdict) -> dict[str, Any]:
    from kdcore.studies.method_comparison import claim_text

    by_seed = differences(row)
    mean, several = statistics.fmean(by_seed), len(by_seed) > 1
    error = verdict.difference.standard_error * 100 / row.images if several else 0.0
    text = f"{signed(mean, 2)} ± {error:.2f}" if several else signed(mean, 2)
    told = {"claimed": verdict.holds, "claim": claim_text(verdict, _) or _("one seed")}
    return {"difference": mean, "low": mean - error, "high": mean + error, "text": text, **told}


def method_difference_spec(theme: Theme, methods: int) -> Spec:
    """A line per method, the fewest errors beside the twin on top; a dot per seed, the mean with its standard error over them."""
    x = quantitative(
        "difference", title=_("errors: student − twin, points"),
        scale={"type": "symlog", "constant": 1, "nice": False, "padding": 12, "domain": _domain()},
        axis={"values": STEPS, "format": ",d", "orient": "top", "titleAnchor": "end"},
    )  # fmt: skip
    # on a phone the title is wider than the lines: it may stand above the labels, and not beyond the right edge
    axis = {"labelLimit": 220, "grid": False, "ticks": False, "labelOverlap": False}
    seeds = {"type": "point", "filled": True, "size": 30, "color": FAINT[theme], "opacity": 0.9}
    return {
        "height": LINE * methods + HEAD,
        "config": chart_config(theme, 14),
        "encoding": {"y": nominal("label", sort=None, title=None, axis=axis)},
        "layer": [
            {"mark": {"type": "rule", "color": INK[theme]}, "encoding": {"x": {"datum": 0}, "y": None}},
            {"transform": [of_kind("seed")], "mark": seeds, "encoding": {"x": x}},
            *_mean_layers(theme, x),
        ],
    }


def _domain() -> list[Spec]:
    """From the least to the largest difference, zero between them."""
    low, high = data_domain("difference", "low", "high", otherwise=(-1, 1))
    return [{"expr": f"min(0, {low['expr']})"}, {"expr": f"max(0, {high['expr']})"}]


def _mean_layers(theme: Theme, x: Spec) -> list[Spec]:
    """Each mean with its standard error; filled where it may be claimed."""
    colour = STUDENT.colour(theme)
    filled = {"condition": {"test": "datum.claimed", "value": colour}, "value": PAPER[theme]}
    tooltip = [
        nominal("label", title=_("method")),
        nominal("text", title=_("mean ± standard error")),
        nominal("claim", title=_("claimed")),
    ]
    return [
        {
            "transform": [of_kind("mean")],
            "mark": {"type": "rule", "strokeWidth": 2.5, "color": colour},
            "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}},
        },
        {
            "transform": [of_kind("mean")],
            "mark": {"type": "point", "shape": STUDENT.shape, "size": 90, "opacity": 1, "stroke": colour},
            "encoding": {"x": x, "fill": filled, "tooltip": tooltip},
        },
    ]
