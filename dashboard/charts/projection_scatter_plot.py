"""The scatter plot of features in the plane (t-SNE, UMAP, PCA): one cloud of images per network, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.charts.chart_theme import INK, SELECTED, chart_config
from dashboard.charts.click_selection import PICK
from dashboard.charts.vega import Spec, nominal, quantitative, string_list
from dashboard.text.roles import Theme
from dashboard.text.translation import _

CLOUD_DISTANCE = 1.12
"""From one network's cloud to the next, in widths of a cloud."""


def projection_spec(
    theme: Theme, names: Sequence[str], classes: Sequence[str], size: int, height: int = 420
) -> Spec:
    """Every network's cloud of images, side by side; an image under the pointer is marked in all of them.

    Frame: image (a data URL), place, label, class, chosen, and for each network k: x{k}, y{k} (0 to 1, clouds set apart by
    CLOUD_DISTANCE), said{k} (the name of its answer), answer{k}. `size`: the number of images.
    """
    return {
        "height": height,
        "config": chart_config(theme, 14),
        "transform": _one_row_per_network(len(names)),
        "encoding": {
            "x": _network_axis(names),
            "y": quantitative("y", axis=None, scale={"domain": [-0.04, 1.04], "nice": False}),
        },
        "layer": [
            *_image_layers(theme, names, classes, size),
            *_class_label_layers(theme),
        ],
    }


def _one_row_per_network(networks: int) -> list[Spec]:
    """Folds the columns of each network into `x`, `y` and `answer`."""
    return [
        {"fold": [f"x{k}" for k in range(networks)], "as": ["network", "x"]},
        {"calculate": "toNumber(slice(datum.network, 1))", "as": "k"},
        {"calculate": "datum['y' + datum.k]", "as": "y"},
        {"calculate": "datum['answer' + datum.k]", "as": "answer"},
    ]


def _network_axis(names: Sequence[str]) -> Spec:
    """The name of each network above its cloud."""
    end = len(names) * CLOUD_DISTANCE - CLOUD_DISTANCE + 1.03
    return quantitative(
        "x",
        title=None,
        scale={"domain": [-0.03, end], "nice": False, "zero": False},
        axis={
            "orient": "top",
            "values": [CLOUD_DISTANCE * k + 0.5 for k in range(len(names))],
            "labelExpr": f"{string_list(names)}[round((datum.value - 0.5) / {CLOUD_DISTANCE})]",
            "grid": False,
            "ticks": False,
            "domain": False,
            "labelFontSize": 14,
            "labelFontWeight": "bold",
            "labelLimit": {"expr": f"0.95 * width / {len(names)}"},
        },
    )


def _image_layers(theme: Theme, names: Sequence[str], classes: Sequence[str], size: int) -> list[Spec]:
    """A dot per image and network, rings around the selected images, and around the one under the pointer."""
    tooltip = [
        nominal("image"),
        quantitative("place", title=_("image")),
        nominal("class", title=_("label")),
        *(nominal(f"said{k}", title=name) for k, name in enumerate(names)),
    ]
    scale = {"domain": [*classes], "scheme": _colour_scheme(len(classes))}
    colour = nominal("class", sort=[*classes], legend=None, scale=scale)
    near = {
        "name": "near",
        "select": {"type": "point", "fields": ["place"], "on": "pointerover", "clear": "pointerout"},
    }
    dot = {
        "type": "circle",
        "cursor": "pointer",
        "clip": True,
        "size": 26 if size <= 1000 else 14,
        "opacity": 0.75,
    }
    ring = {"type": "point", "aria": False, "filled": False, "opacity": 1}
    return [
        {"params": [PICK, near], "mark": dot, "encoding": {"color": colour, "tooltip": tooltip}},
        {
            "transform": [{"filter": "datum.chosen"}],
            "mark": {**ring, "size": 90, "strokeWidth": 2, "color": SELECTED[theme]},
            "encoding": {"tooltip": tooltip},
        },
        {
            "transform": [{"filter": {"param": "near", "empty": False}}],
            "mark": {**ring, "size": 240, "strokeWidth": 2.5, "color": INK[theme]},
        },
    ]  # fmt: skip


def _class_label_layers(theme: Theme) -> list[Spec]:
    """The name of each class in the middle of its images, with a seam beneath."""
    middle = [{"op": "median", "field": axis, "as": axis} for axis in ("x", "y")]
    text = {"type": "text", "aria": False, "fontSize": 15, "fontWeight": "bold"}
    seam = {"stroke": INK["dark" if theme == "light" else "light"], "strokeWidth": 3, "strokeOpacity": 0.85}
    return [
        {
            "transform": [{"aggregate": middle, "groupby": ["network", "class"]}],
            "mark": text | style,
            "encoding": {"text": nominal("class")},
        }
        for style in (seam, {"color": INK[theme]})
    ]


def _colour_scheme(classes: int) -> str:
    return "tableau10" if classes <= 10 else "tableau20" if classes <= 20 else "sinebow"
