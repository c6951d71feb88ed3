"""The confusion matrix, and every other matrix of classes (similarities, differences): its cells can be clicked.

Whatever changes with a click is in the frame (`chosen`), so that the chart keeps its place while the selection moves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from dashboard.charts.chart_theme import DIVERGING, FAINT, GRID, INK, SELECTED, SEQUENTIAL, chart_config
from dashboard.charts.click_selection import PICK
from dashboard.charts.vega import Spec, nominal, quantitative
from dashboard.text.roles import Theme
from dashboard.text.translation import _
from kdcore.texts import N_

MOST_NUMBERED = 12
"""Up to so many classes there is room for a number in each cell."""
SLANT, LONGEST_LABEL, LETTER = 60, 80, 7.2
"""Long names of classes: their angle in degrees, the most of one and a letter of it in pixels."""
CellNumber = Literal["share", "count", "difference"]
NUMBER_FORMATS: dict[CellNumber, tuple[str, str]] = {
    "share": (N_("share"), ".2~%"),
    "count": (N_("count"), ",d"),
    "difference": (N_("difference"), "+,d"),
}
"""What the numbers are called, and their format."""


def class_matrix_spec(
    theme: Theme,
    order: Sequence[str],
    top: float,
    number: CellNumber,
    x_title: str,
    y_title: str,
    height: int = 290,
) -> Spec:
    """A matrix of classes that can be clicked: a sequential map from 0 to `top`, or a diverging one around 0.

    height: in pixels, where classes have short names; longer ones make the chart higher, not the matrix lower.

    Frame: label, answer (indices of classes), row, column (their names), value, text, diagonal, chosen. Diagonal cells stay
    blank: they would drown the others.
    """
    height += label_room(order)
    axis = class_axis(order) | {"domain": False, "labelPadding": 4}
    title, exact = NUMBER_FORMATS[number]
    tooltip = [
        nominal("row", title=y_title),
        nominal("column", title=x_title),
        quantitative("value", title=_(title), format=exact),
    ]
    cells = {
        "params": [PICK],
        "mark": {"type": "rect", "cursor": "pointer", "stroke": GRID[theme], "strokeWidth": 0.5},
        "encoding": {"color": _fill(theme, top, number), "tooltip": tooltip},
    }
    return {
        "height": height,
        "config": chart_config(theme, 14),
        "encoding": {
            "x": nominal("column", sort=[*order], title=x_title, axis=axis),
            "y": nominal("row", sort=[*order], title=y_title, axis=axis | {"labelAngle": 0}),
        },
        "layer": [cells, *([_numbers(theme, top)] if len(order) <= MOST_NUMBERED else []), _outline(theme)],
    }


def class_axis(order: Sequence[str]) -> Spec:
    """A horizontal axis of classes: long names stand at an angle, and of many some are left out."""
    return {
        "labelAngle": -SLANT if _are_long(order) else 0,
        "labelLimit": LONGEST_LABEL,
        "ticks": False,
        "labelOverlap": len(order) > 2 * MOST_NUMBERED,
        "grid": False,
    }


def label_room(order: Sequence[str]) -> int:
    """Pixels below a chart that slanted names of classes take, and that it has to be higher for: its height has the names in it."""
    longest = max((len(name) for name in order), default=0)
    slanted = min(LONGEST_LABEL, LETTER * longest) if _are_long(order) else 0.0
    return round(slanted * math.sin(math.radians(SLANT)))


def _are_long(order: Sequence[str]) -> bool:
    return any(len(name) > 3 for name in order)


def _fill(theme: Theme, top: float, number: CellNumber) -> Spec:
    scale: Spec = {"domain": [0, top], "range": SEQUENTIAL[theme]}
    if number == "difference":
        scale = {"domain": [-top, 0, top], "range": DIVERGING[theme]}
    colour = quantitative("value", legend=None, scale=scale | {"interpolate": "lab", "clamp": True})
    return {"condition": {"test": "datum.diagonal", "value": "transparent"}, **colour}


def _numbers(theme: Theme, top: float) -> Spec:
    """The number in each cell; on a strong colour in the page's colour, so that it stays legible."""
    paper = INK["dark" if theme == "light" else "light"]
    strong = f"!datum.diagonal && abs(datum.value) > {0.57 * top}"
    faint = {"test": "datum.diagonal", "value": FAINT[theme]}
    return {
        "mark": {"type": "text", "fontSize": 13, "cursor": "pointer"},
        "encoding": {
            "text": nominal("text"),
            "color": {"condition": [{"test": strong, "value": paper}, faint], "value": INK[theme]},
        },
    }


def _outline(theme: Theme) -> Spec:
    """A frame around the selected cell."""
    frame = {"type": "rect", "aria": False, "fill": None, "stroke": SELECTED[theme], "strokeWidth": 2.5}
    return {"transform": [{"filter": "datum.chosen"}], "mark": frame}
