"""What a method shows of each network beside the others: maps of the pinned images, matrices of images by class, and
images that a network made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.charts.chart_theme import SEQUENTIAL
from dashboard.data.curves import Curves
from dashboard.text.roles import Theme, in_order, role
from dashboard.text.translation import _, listing
from kdcore.data.image_urls import png_url

Shown = Mapping[str, Mapping[str, Any]]
"""The newest Pictures event of each role."""


def method_pictures_html(curves: Curves, theme: Theme) -> str:
    """The newest pictures of every view as HTML; empty where the method shows none."""
    newest: dict[str, dict[str, Mapping[str, Any]]] = {}
    for event in curves.of_kind("Pictures"):
        newest.setdefault(event["view"], {})[event["role"]] = event
    drawn = []
    for view, shown in newest.items():
        match view:
            case "map":
                drawn.append(_maps(curves, shown, theme))
            case "matrix":
                drawn.append(_matrices(shown, theme))
            case "images":
                drawn.append(_made(curves, shown))
    return "".join(drawn)


def _maps(curves: Curves, shown: Shown, theme: Theme) -> str:
    """A row a network, a column a pinned image; each map scaled to its own largest value."""
    pinned = curves.of_kind("Pinned")[-1]
    heads = "".join(
        f'<td><img src="{escape(png)}" alt="{escape(_("a {label}").format(label=pinned["classes"][label]))}"></td>'
        for png, label in zip(pinned["png"], pinned["labels"], strict=True)
    )
    rows = "".join(
        f"<tr>{_who(name)}{''.join(f'<td>{_picture(values, name, theme)}</td>' for values in shown[name]['values'])}</tr>"
        for name in in_order(list(shown))
    )
    title = escape(_caption(list(shown.values())))
    return f'<table class="method_pictures"><caption>{title}</caption><tr><th></th>{heads}</tr>{rows}</table>'


def _caption(events: Sequence[Mapping[str, Any]]) -> str:
    """What the maps show and how fine they are; older runs did not record the depth."""
    sizes = dict.fromkeys(f"{len(rows)} × {len(rows[0])}" for event in events for rows in event["values"])
    size = listing(sizes)
    if point := events[0].get("point"):
        caption = _("Where each network looks at the depth '{point}', in {size} squares, each map scaled to its own largest value")  # fmt: skip
        return caption.format(point=_(point), size=size)
    caption = _("Where each network looks, in {size} squares, each map scaled to its own largest value")
    return caption.format(size=size)


def _matrices(shown: Shown, theme: Theme) -> str:
    """A matrix a network: how alike it finds each pair of images, sorted by class."""
    names = in_order(list(shown))
    heads = "".join(_who(name) for name in names)
    cells = "".join(f"<td>{_picture(shown[name]['values'], name, theme)}</td>" for name in names)
    title = escape(_("How alike each network finds pairs of images, sorted by class"))
    return f'<table class="method_pictures matrices"><caption>{title}</caption><tr>{heads}</tr><tr>{cells}</tr></table>'


def _made(curves: Curves, shown: Shown) -> str:
    """The images that networks made last, each with the class that somebody sees in it."""
    classes = curves.of_kind("Pinned")[-1]["classes"]
    return "".join(_made_by(name, shown[name], classes) for name in in_order(list(shown)))


def _made_by(name: str, event: Mapping[str, Any], classes: Sequence[str]) -> str:
    network = role(name)
    title = escape(_("its newest images, and what the teacher sees in each"))
    alt = escape(_("made by the {who}").format(who=network.label))
    figures = "".join(
        f'<figure><img src="{escape(png)}" alt="{alt}"><figcaption>{escape(classes[label])}</figcaption></figure>'
        for png, label in zip(event["values"], event["classes"], strict=True)
    )
    return f'<div class="made_images"><p>{network.mark} <b>{escape(network.label)}</b>: {title}</p>{figures}</div>'


def _who(name: str) -> str:
    network = role(name)
    return f'<th scope="row">{network.mark} {escape(network.label)}</th>'


def _picture(values: Sequence[Sequence[float]], name: str, theme: Theme) -> str:
    alt = escape(_("what the {who} shows").format(who=role(name).label))
    return f'<img src="{png_url(painted(values, theme))}" alt="{alt}">'


def painted(values: Sequence[Sequence[float]], theme: Theme) -> NDArray[np.uint8]:
    """Numbers [rows][columns] as colours [3, rows, columns], from paper (the smallest) to the scale's end (the largest)."""
    z = np.asarray(values, dtype=np.float64)
    span = z.max() - z.min()
    share = (z - z.min()) / span if span > 0 else np.zeros_like(z)
    low, high = (np.array([int(end[i : i + 2], 16) for i in (1, 3, 5)]) for end in SEQUENTIAL[theme])
    colours = low[:, None, None] + share * (high - low)[:, None, None]
    pixels: NDArray[np.uint8] = colours.round().astype(np.uint8)
    return pixels
