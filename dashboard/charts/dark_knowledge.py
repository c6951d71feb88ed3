"""The comparing page's charts: pure functions from frames to Vega-Lite specifications.

Everything that changes with a click is in the frame (`chosen`), so that a chart keeps its place while a selection moves.
A selected cell or point sends its `label` and `answer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from dashboard.charts.training_curves import FAINT, GRID, INK, Spec, config
from dashboard.text.roles import Role, Theme
from dashboard.text.translation import _
from kdcore.texts import N_

PICKED = "picked"
"""The selection of a chart that can be clicked."""

PICK: Spec = {
    "name": PICKED,
    "select": {
        "type": "point",
        "fields": ["label", "answer"],
        "on": "click",
        "toggle": "true",
        "clear": False,
    },
}

NUMBERED = 12
"""Up to so many classes a matrix has room for its numbers."""

# Both maps run through CIELAB, evenly to the eye; the diverging one keeps off the roles' colours.
SEQUENTIAL = {"light": ["#FFFFFF", "#3D1A66"], "dark": ["#0F1214", "#E9D9FF"]}
DIVERGING = {"light": ["#1B6B34", "#FFFFFF", "#7B2A8B"], "dark": ["#7FD69A", "#0F1214", "#E0A3EE"]}
CHOSEN = {"light": "#D6006C", "dark": "#FF7AB8"}
"""What is selected, in every chart: no role's colour and in neither map."""

Number = Literal["share", "count", "difference"]
COUNTED: dict[Number, tuple[str, str]] = {
    "share": (N_("share"), ".2~%"),
    "count": (N_("count"), ",d"),
    "difference": (N_("difference"), "+,d"),
}
"""What a matrix's numbers are called, and their format."""


# ---------------------------------------------------------------------------------------------- matrices


def matrix(
    theme: Theme,
    order: Sequence[str],
    top: float,
    number: Number,
    x_title: str,
    y_title: str,
    height: int = 290,
) -> Spec:
    """A matrix of classes that can be clicked: one sequential map from 0 to `top`, or a diverging one around 0.

    Frame: label, answer (places among the classes), row, column (their names), value, text, diagonal, chosen. Diagonal
    cells stay blank: they would drown the others.
    """
    long = max((len(name) for name in order), default=0) > 3
    axis = {
        "labelAngle": -60 if long else 0,
        "labelLimit": 80,
        "domain": False,
        "ticks": False,
        "labelPadding": 4,
        "labelOverlap": len(order) > 2 * NUMBERED,
        "grid": False,
    }
    x = {"field": "column", "type": "nominal", "sort": [*order], "title": x_title, "axis": axis}
    y = {
        "field": "row",
        "type": "nominal",
        "sort": [*order],
        "title": y_title,
        "axis": axis | {"labelAngle": 0},
    }
    counted, exact = COUNTED[number]
    tooltip = [
        {"field": "row", "type": "nominal", "title": y_title},
        {"field": "column", "type": "nominal", "title": x_title},
        {"field": "value", "type": "quantitative", "title": _(counted), "format": exact},
    ]
    layers: list[Spec] = [
        {
            "params": [PICK],
            "mark": {"type": "rect", "cursor": "pointer", "stroke": GRID[theme], "strokeWidth": 0.5},
            "encoding": {"color": _fill(theme, top, number), "tooltip": tooltip},
        }
    ]
    if len(order) <= NUMBERED:
        layers.append(_numbers(theme, top))
    layers += _outlines(theme)
    return {
        "height": height,
        "config": config(theme, 12),
        "encoding": {"x": x, "y": y},
        "layer": layers,
    }


def _fill(theme: Theme, top: float, number: Number) -> Spec:
    ends = {"domain": [0, top], "range": SEQUENTIAL[theme]}
    if number == "difference":
        ends = {"domain": [-top, 0, top], "range": DIVERGING[theme]}
    colour = {
        "field": "value",
        "type": "quantitative",
        "legend": None,
        "scale": ends | {"interpolate": "lab", "clamp": True},
    }
    return {"condition": {"test": "datum.diagonal", "value": "transparent"}, **colour}


def _numbers(theme: Theme, top: float) -> Spec:
    """A cell's number; on a strong colour in the page's own, so that it stays legible."""
    paper = INK["dark" if theme == "light" else "light"]
    strong = f"!datum.diagonal && abs(datum.value) > {0.57 * top}"
    faint = {"test": "datum.diagonal", "value": FAINT[theme]}
    return {
        "mark": {"type": "text", "fontSize": 11, "cursor": "pointer"},
        "encoding": {
            "text": {"field": "text", "type": "nominal"},
            "color": {"condition": [{"test": strong, "value": paper}, faint], "value": INK[theme]},
        },
    }


def _outlines(theme: Theme) -> list[Spec]:
    """The selected cell, framed."""
    frame = {"type": "rect", "aria": False, "fill": None, "stroke": CHOSEN[theme], "strokeWidth": 2.5}
    return [{"transform": [{"filter": "datum.chosen"}], "mark": frame}]


def dendrogram(theme: Theme, order: Sequence[str], ends: tuple[float, float], height: int = 110) -> Spec:
    """Which classes join, and how far apart they are, between two distances. Frame: x, x2, y, y2, a straight line a row."""
    names = "[" + ",".join(f"'{_quoted(name)}'" for name in order) + "]"
    long = max((len(name) for name in order), default=0) > 3
    x = {
        "field": "x",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [-0.5, len(order) - 0.5], "nice": False},
        "axis": {
            "values": list(range(len(order))),
            "labelExpr": f"{names}[datum.value]",
            "labelAngle": -60 if long else 0,
            "labelLimit": 80,
            "grid": False,
            "ticks": False,
            "domain": False,
            "labelOverlap": len(order) > 2 * NUMBERED,
        },
    }
    y = {
        "field": "y",
        "type": "quantitative",
        "title": _("distance"),
        "scale": {"domain": [*ends], "nice": False},
        "axis": {"tickCount": 3, "grid": False},
    }
    return {
        "height": height,
        "config": config(theme, 12),
        "mark": {
            "type": "rule",
            "clip": True,
            "strokeWidth": 1.5,
            "color": INK[theme],
            "strokeCap": "square",
        },
        "encoding": {"x": x, "x2": {"field": "x2"}, "y": y, "y2": {"field": "y2"}},
    }


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


# ---------------------------------------------------------------------------------------------- networks side by side


def _by_network(names: Sequence[str], values: Sequence[Any]) -> Spec:
    """One look a network, by its name."""
    scale = {"domain": [*names], "range": list(values)}
    legend = {"orient": "top", "title": None, "labelLimit": 120, "offset": 4}
    return {"field": "who", "type": "nominal", "legend": legend, "scale": scale}


def beliefs(
    theme: Theme, names: Sequence[str], roles: Sequence[Role], order: Sequence[str], marked: Sequence[str]
) -> Spec:
    """Mean soft targets over the selected images, bar by bar. Frame: who, class, belief. `marked` classes stand out."""
    bold = " || ".join(f"datum.value === '{_quoted(name)}'" for name in marked) or "false"
    y = {
        "field": "class",
        "type": "nominal",
        "sort": [*order],
        "title": None,
        "axis": {
            "ticks": False,
            "domain": False,
            "labelLimit": 90,
            "labelFontWeight": {"condition": {"test": bold, "value": "bold"}, "value": "normal"},
            "labelColor": {"condition": {"test": bold, "value": CHOSEN[theme]}, "value": INK[theme]},
        },
        "scale": {"paddingInner": 0.25},
    }
    x = {
        "field": "belief",
        "type": "quantitative",
        "title": None,
        "axis": {"format": "%", "tickCount": 4},
        "scale": {"zero": True, "nice": True},
    }
    tooltip = [
        {"field": "who", "type": "nominal", "title": _("who")},
        {"field": "class", "type": "nominal", "title": _("class")},
        {"field": "belief", "type": "quantitative", "title": _("belief"), "format": ".3~%"},
    ]
    return {
        "height": max(160, len(order) * (6 + 7 * len(names))),
        "config": config(theme, 12),
        "mark": {"type": "bar"},
        "encoding": {
            "y": y,
            "yOffset": {"field": "who", "type": "nominal", "sort": [*names], "scale": {"domain": [*names]}},
            "x": x,
            "color": _by_network(names, [role.colour(theme) for role in roles]),
            "tooltip": tooltip,
        },
    }


def reliability(theme: Theme, names: Sequence[str], roles: Sequence[Role], height: int = 300) -> Spec:
    """How often each network is right where it is so sure; on the dashed diagonal belief and truth agree.

    Frame: who, confidence, accuracy, images, low, high (the bin's edges). A mark's area grows with its bin's images.
    """
    ends = {"domain": [0, 1], "nice": False}
    x = {
        "field": "confidence",
        "type": "quantitative",
        "title": _("mean belief in the answer"),
        "scale": ends,
        "axis": {"format": "%", "tickCount": 5},
    }
    y = {
        "field": "accuracy",
        "type": "quantitative",
        "title": _("share that is right"),
        "scale": ends,
        "axis": {"format": "%", "tickCount": 5},
    }
    tooltip = [
        {"field": "who", "type": "nominal", "title": _("who")},
        {"field": "low", "type": "quantitative", "title": _("from"), "format": ".1%"},
        {"field": "high", "type": "quantitative", "title": _("to"), "format": ".1%"},
        {"field": "confidence", "type": "quantitative", "title": _("mean belief"), "format": ".1%"},
        {"field": "accuracy", "type": "quantitative", "title": _("right"), "format": ".1%"},
        {"field": "images", "type": "quantitative", "title": _("images"), "format": ",d"},
    ]
    colour = _by_network(names, [role.colour(theme) for role in roles])
    return {
        "height": height,
        "config": config(theme, 12),
        "layer": [
            {
                "mark": {"type": "rule", "aria": False, "strokeDash": [4, 4], "color": FAINT[theme]},
                "encoding": {
                    "x": {"datum": 0, "scale": ends}, "y": {"datum": 0, "scale": ends}, "x2": {"datum": 1}, "y2": {"datum": 1},
                },
            },
            {
                "mark": {"type": "line"},
                "encoding": {
                    "x": x, "y": y, "color": colour, "strokeDash": _by_network(names, [list(role.dash) for role in roles]),
                    "strokeWidth": _by_network(names, [role.width for role in roles]),
                },
            },
            {
                "mark": {"type": "point", "filled": True, "opacity": 1},
                "encoding": {
                    "x": x, "y": y, "color": colour, "shape": _by_network(names, [role.shape for role in roles]),
                    "size": {
                        "field": "images", "type": "quantitative", "legend": None, "scale": {"type": "sqrt", "range": [25, 400]},
                    },
                    "tooltip": tooltip,
                },
            },
        ],
    }  # fmt: skip


# ---------------------------------------------------------------------------------------------- the map

GAP = 1.12
"""From one network's cloud to the next, in widths of a cloud."""


def feature_map(
    theme: Theme, names: Sequence[str], classes: Sequence[str], size: int, height: int = 420
) -> Spec:
    """Every network's cloud of images, side by side; the same image is marked in all of them.

    Frame: image (a data URL), place, label, class, chosen, and for each network k: x{k}, y{k} (0 to 1, clouds set apart
    by GAP), said{k} (its answer's name), answer{k}. `size`: the number of images.
    """
    networks = range(len(names))
    each = [
        {"fold": [f"x{k}" for k in networks], "as": ["network", "x"]},
        {"calculate": "toNumber(slice(datum.network, 1))", "as": "k"},
        {"calculate": "datum['y' + datum.k]", "as": "y"},
        {"calculate": "datum['answer' + datum.k]", "as": "answer"},
    ]
    titles = "[" + ",".join(f"'{_quoted(name)}'" for name in names) + "]"
    x = {
        "field": "x",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [-0.03, len(names) * GAP - GAP + 1.03], "nice": False, "zero": False},
        "axis": {
            "orient": "top", "values": [GAP * k + 0.5 for k in networks], "labelExpr": f"{titles}[round((datum.value - 0.5) / {GAP})]",
            "grid": False, "ticks": False, "domain": False, "labelFontSize": 13, "labelFontWeight": "bold",
            "labelLimit": {"expr": f"0.95 * width / {len(names)}"},
        },
    }  # fmt: skip
    y = {
        "field": "y",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [-0.04, 1.04], "nice": False},
    }
    tooltip = [
        {"field": "image", "type": "nominal"},
        {"field": "place", "type": "quantitative", "title": _("image")},
        {"field": "class", "type": "nominal", "title": _("label")},
        *({"field": f"said{k}", "type": "nominal", "title": names[k]} for k in networks),
    ]
    colour = {
        "field": "class",
        "type": "nominal",
        "sort": [*classes],
        "legend": None,
        "scale": {"domain": [*classes], **_class_colours(len(classes))},
    }
    near = {
        "name": "near",
        "select": {"type": "point", "fields": ["place"], "on": "pointerover", "clear": "pointerout"},
    }
    dot = {"type": "circle", "cursor": "pointer", "clip": True}
    return {
        "height": height,
        "config": config(theme, 12),
        "transform": each,
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "params": [PICK, near],
                "mark": dot | {"size": 26 if size <= 1000 else 14, "opacity": 0.75},
                "encoding": {"color": colour, "tooltip": tooltip},
            },
            {
                "transform": [{"filter": "datum.chosen"}],
                "mark": {"type": "point", "aria": False, "filled": False, "size": 90, "strokeWidth": 2, "color": CHOSEN[theme], "opacity": 1},
                "encoding": {"tooltip": tooltip},
            },
            {
                "transform": [{"filter": {"param": "near", "empty": False}}],
                "mark": {"type": "point", "aria": False, "filled": False, "size": 240, "strokeWidth": 2.5, "color": INK[theme], "opacity": 1},
            },
            {
                "transform": [
                    {
                        "aggregate": [{"op": "median", "field": "x", "as": "x"}, {"op": "median", "field": "y", "as": "y"}],
                        "groupby": ["network", "class"],
                    }
                ],
                "mark": {"type": "text", "aria": False, "fontSize": 15, "fontWeight": "bold", "stroke": INK["dark" if theme == "light" else "light"], "strokeWidth": 3, "strokeOpacity": 0.85},
                "encoding": {"text": {"field": "class", "type": "nominal"}},
            },
            {
                "transform": [
                    {
                        "aggregate": [{"op": "median", "field": "x", "as": "x"}, {"op": "median", "field": "y", "as": "y"}],
                        "groupby": ["network", "class"],
                    }
                ],
                "mark": {"type": "text", "aria": False, "fontSize": 15, "fontWeight": "bold", "color": INK[theme]},
                "encoding": {"text": {"field": "class", "type": "nominal"}},
            },
        ],
    }  # fmt: skip


def _class_colours(classes: int) -> Spec:
    return {"scheme": "tableau10" if classes <= 10 else "tableau20" if classes <= 20 else "sinebow"}
