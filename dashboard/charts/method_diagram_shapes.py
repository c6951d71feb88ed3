"""The shapes of a method's drawing, as SVG."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from dashboard.charts.chart_theme import FAINT, FONT, INK, PAPER
from dashboard.charts.method_diagram_layout import (
    ADAPTER,
    ARC,
    BAR,
    BELOW,
    LABEL_AT,
    LEFT,
    POINT_X,
    POINTS,
    RIGHT,
    ROW,
    WIDTH,
)
from dashboard.text.roles import TRUTH, Theme, role
from dashboard.text.translation import _, listing

if TYPE_CHECKING:
    from kdcore.studies.method_wiring import Source, Wiring

CLOSING = "，。、：；）”！？"
LETTER_WIDTH = 6.2
"""The width of a letter of the small texts, in pixels."""
LETTERS_PER_LINE = 52


def letters(text: str) -> int:
    """How many letters wide a text is: a Chinese sign takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def text_lines(text: str) -> list[str]:
    """The text in lines that fit; Chinese breaks anywhere but before closing signs."""
    if letters(text) == len(text):
        return textwrap.wrap(text, LETTERS_PER_LINE)
    lines = [""]
    for sign in text:
        if letters(lines[-1] + sign) > LETTERS_PER_LINE and sign not in CLOSING:
            lines.append("")
        lines[-1] += sign
    return lines


def svg(head: str, body: str, height: int) -> str:
    """A whole picture, its body below the title where there is one."""
    above = 24 if head else 0
    body = f'{head}<g transform="translate(0 {above})">{body}</g>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + above}" width="{WIDTH}" height="{height + above}" '
        f'font-family="{escape(FONT)}" font-size="12">{body}</svg>'
    )


def svg_text(x: float, y: float, words: str, colour: str, *, anchor: str = "start", weight: int = 400) -> str:
    """A text whose baseline is at y."""
    return f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'


def network_bar(name: str, y: int, learns: bool, fixed: str | None, theme: Theme) -> str:
    """A network: filled where it learns, an outline where it only answers."""
    network = role(name)
    colour, shape = network.colour(theme), f'y="{y - BAR // 2}" height="{BAR}" rx="5"'
    bar = f'<rect x="{LEFT}" width="{RIGHT - LEFT}" {shape} fill="{colour}" fill-opacity="{0.28 if learns else 0.06}" stroke="{colour}" stroke-width="{2.5 if learns else 1.5}"/>'
    if fixed:
        bar += f'<rect x="{LEFT}" width="{POINT_X[fixed] - LEFT}" {shape} fill="{FAINT[theme]}" fill-opacity="0.55"/>'
    return bar + svg_text(6, y + 4, f"{network.mark} {network.label}", colour, weight=600)


def feature_points(name: str, y: int, wiring: Wiring, theme: Theme) -> str:
    """The points at which features can be read; those that are read, large and dark."""
    read = {point for wire in wiring.wires for network, point in wire.reads if network == name}
    return "".join(
        f'<circle cx="{x}" cy="{y}" r="{4.5 if point in read else 1.8}" fill="{INK[theme] if point in read else FAINT[theme]}"/>'
        for point, x in POINT_X.items()
    )


def comparison_line(pair: tuple[Source, Source], middle: Mapping[str, int], theme: Theme) -> str:
    """A line between two networks, bent around those in between; an arc above a network for its own points."""
    (one, start), (other, end) = pair
    x, y, u, v = POINT_X[start], middle[one], POINT_X[end], middle[other]
    if one == other:
        path = f"M{x} {y} C{x + 8} {y - 1.6 * ARC} {u - 8} {y - 1.6 * ARC} {u} {y}"
    else:
        bend = 26 * (abs(v - y) // ROW - 1)
        path = f"M{x} {y} C{x + bend} {y + ROW / 2} {u + bend} {v - ROW / 2} {u} {v}"
    return f'<path d="{path}" fill="none" stroke="{INK[theme]}" stroke-width="2"/>'


def label_box(name: str, middle: Mapping[str, int], theme: Theme) -> str:
    """The labels, beside the answers of a network that learns from them."""
    y, colour = middle[name], TRUTH.colour(theme)
    return (
        f'<path d="M{POINT_X["logits"]} {y} H{LABEL_AT - 6}" stroke="{INK[theme]}" stroke-width="2"/>'
        f'<rect x="{LABEL_AT - 6}" y="{y - 6}" width="12" height="12" fill="none" stroke="{colour}" stroke-width="2"/>'
        + svg_text(LABEL_AT, y + BELOW, _("label"), colour, anchor="middle")
    )


def earlier_answers_loop(name: str, middle: Mapping[str, int], theme: Theme) -> str:
    """A network's own earlier answers, beside its current ones."""
    x, y = POINT_X["logits"], middle[name]
    path = f"M{x} {y} C{x - 4} {y - 30} {x - 44} {y - 30} {x - 44} {y - 12}"
    return f'<path d="{path}" fill="none" stroke="{INK[theme]}" stroke-width="2"/>' + svg_text(
        x - 50, y - 16, _("its answers before"), INK[theme], anchor="end"
    )


def module_boxes(
    on: Mapping[str, tuple[Source, Source]], middle: Mapping[str, int], theme: Theme
) -> list[str]:
    """The modules on their lines; where they would touch, every other one is lower."""
    places: dict[float, list[tuple[float, list[str]]]] = {}
    for (one, start), (other, end) in sorted(set(on.values()), key=lambda pair: (POINT_X[pair[0][1]], pair)):
        names = [name for name, pair in on.items() if pair == ((one, start), (other, end))]
        between = places.setdefault((middle[one] + middle[other]) / 2, [])
        between.append(((POINT_X[start] + POINT_X[end]) / 2, names))
    drawn = []
    for y, boxes in places.items():
        crowded = any(x + _half(some) > u - _half(others) for (x, some), (u, others) in pairwise(boxes))
        for i, (x, names) in enumerate(boxes):
            drawn.append(_box(x, y + (11 if i % 2 else -11) * crowded, names, theme))
    return drawn


def _half(names: Sequence[str]) -> float:
    """Half the width of a box with these names."""
    return LETTER_WIDTH * letters(listing(map(_, names))) / 2 + 6


def _box(x: float, y: float, names: Sequence[str], theme: Theme) -> str:
    """A module that learns beside the networks, on the line that passes through it."""
    words, wide = listing(map(_, names)), 2 * _half(names)
    x = min(max(x, 6 + wide / 2), WIDTH - 6 - wide / 2)
    return (
        f'<rect x="{x - wide / 2:.1f}" y="{y - 10}" width="{wide:.1f}" height="20" rx="4" fill="{PAPER[theme]}" stroke="{INK[theme]}"/>'
        + svg_text(x, y + 4, words, INK[theme], anchor="middle")
    )


def image_maker(name: str, wiring: Wiring, middle: Mapping[str, int], theme: Theme) -> str:
    """A module that makes the images that networks see: lines from it to their inputs."""
    fed = [middle[network] for network, sources in wiring.images if (ADAPTER, name) in sources]
    x, y = LEFT / 2, sum(fed) / len(fed)
    lines = "".join(
        f'<path d="M{x} {y} C{x} {end} {x + 20} {end} {LEFT} {end}" fill="none" stroke="{INK[theme]}" stroke-width="2"/>'
        for end in (e + (8 if e < y else -8) for e in fed)
    )
    return lines + _box(x, y, [name], theme)


def point_names(wiring: Wiring, y: int, theme: Theme) -> str:
    """The names of the points that are read, below the last bar."""
    read = {point for wire in wiring.wires for _network, point in wire.reads}
    return "".join(
        svg_text(x, y, _(POINTS[point]), INK[theme], anchor="middle")
        for point, x in POINT_X.items()
        if point in read
    )
