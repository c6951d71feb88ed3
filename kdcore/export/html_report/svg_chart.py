"""Curves as a picture in SVG that needs nothing beside it: no script, no font, no network.

Its colours are the roles' CSS variables (`--role-student`, `--ink`, `--faint`, `--grid`), so that it follows the theme
of the page that it is part of.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

from kdcore.role_styles import ROLE_STYLES, role_style

WIDTH, HEIGHT = 760, 320
LEFT, TOP, BOTTOM = 56, 12, 40
LETTER = 7.6
"""Pixels of a letter in the names at the lines' ends, for which the axis leaves room."""
MOST_POINTS = 400
"""Points of a line: more would not be seen."""
LABEL_DISTANCE = 15
"""Pixels between the names at the lines' ends."""


@dataclass(frozen=True)
class SvgLine:
    """A curve.

    Attributes:
        role: the network's role, which gives the line its colour.
        label: its name, at its end.
        points: (x, y).
        turn: 0 for the first line of a role; further ones have dashes of their own.
    """

    role: str
    label: str
    points: Sequence[tuple[float, float]]
    turn: int = 0


@dataclass(frozen=True)
class LineChart:
    """Lines over a shared axis.

    Attributes:
        lines: the curves.
        title: what a screen reader says of it.
        x_title: below the axis.
        y_title: beside the axis.
        log: whether the vertical axis is logarithmic; nothing at or below 0 is drawn then.
    """

    lines: Sequence[SvgLine]
    title: str
    x_title: str
    y_title: str
    log: bool = False

    @property
    def has_points(self) -> bool:
        """Whether there is anything to draw."""
        return any(line.points for line in map(self._drawable, self.lines))

    @property
    def drawn_lines(self) -> list[SvgLine]:
        """The lines with the points that are drawn; those without any are left out."""
        drawable = (_thinned(self._drawable(line)) for line in self.lines)
        return [line for line in drawable if line.points]

    def _drawable(self, line: SvgLine) -> SvgLine:
        points = [(x, y) for x, y in line.points if math.isfinite(y) and (y > 0 or not self.log)]
        return replace(line, points=points)


def svg(chart: LineChart) -> str:
    """The chart as an `<svg>` in a box that scrolls; empty where there is nothing to draw."""
    lines = chart.drawn_lines
    if not lines:
        return ""
    axes = _Axes(lines, chart.log)
    parts = [
        f'<div class="scroll"><svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(chart.title)}" '
        'xmlns="http://www.w3.org/2000/svg">',
        f"<title>{escape(chart.title)}</title>",
        *_grid(axes),
        *_axis_titles(axes, chart.x_title, chart.y_title),
        *(_path(line, axes) for line in lines),
        *_labels(lines, axes),
        "</svg></div>",
    ]
    return "".join(parts)


def _thinned(line: SvgLine) -> SvgLine:
    every = math.ceil(len(line.points) / MOST_POINTS)
    return line if every <= 1 else replace(line, points=[*line.points[::every], line.points[-1]])


class _Axes:
    """Where values lie in the picture."""

    def __init__(self, lines: Sequence[SvgLine], log: bool) -> None:
        ys = [y for line in lines for _, y in line.points]
        self.log = log
        self.end = WIDTH - 34 - LETTER * max(_letters(line.label) for line in lines)
        self.right = max(max(x for line in lines for x, _ in line.points), 1e-9)
        self.low, self.high = (min(ys), max(ys)) if log else (0.0, max(ys) or 1.0)
        if log and self.high / self.low < 1.1:
            self.low, self.high = self.low / 2, self.high * 2

    def x(self, value: float) -> float:
        return LEFT + (self.end - LEFT) * value / self.right

    def y(self, value: float) -> float:
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    def y_ticks(self) -> list[float]:
        if not self.log:
            return round_numbers(self.low, self.high, 6)
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        steps = (1,) if len(powers) > 4 else (1, 2, 5)
        return [v for p in powers for s in steps if self.low <= (v := float(f"{s}e{p}")) <= self.high]


def round_numbers(low: float, high: float, most: int) -> list[float]:
    """At most so many multiples of 1, 2 or 5 times a power of ten, from low to high."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step - 1e-9)
    return [round(step * i, 12) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _grid(axes: _Axes) -> Iterator[str]:
    for value in axes.y_ticks():
        y = f"{axes.y(value):.1f}"
        yield f'<line class="grid" x1="{LEFT}" x2="{axes.end:.1f}" y1="{y}" y2="{y}"/>'
        yield f'<text class="tick" x="{LEFT - 8}" y="{y}" dy="0.35em" text-anchor="end">{value:g}</text>'
    for value in round_numbers(0, axes.right, 8):
        yield f'<text class="tick" x="{axes.x(value):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{value:g}</text>'


def _axis_titles(axes: _Axes, x_title: str, y_title: str) -> Iterator[str]:
    middle = (LEFT + axes.end) / 2
    yield f'<text class="axis" x="{middle}" y="{HEIGHT - 4}" text-anchor="middle">{escape(x_title)}</text>'
    place = (TOP + HEIGHT - BOTTOM) / 2
    yield (
        f'<text class="axis" transform="translate(13 {place}) rotate(-90)" text-anchor="middle">{escape(y_title)}</text>'
    )


def _path(line: SvgLine, axes: _Axes) -> str:
    style = role_style(line.role)
    points = " ".join(f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y in line.points)
    dash = style.dash if not line.turn else (2 + 3 * line.turn, 3)
    dashes = "" if dash == (1, 0) else f' stroke-dasharray="{" ".join(map(str, dash))}"'
    return (
        f'<polyline class="line" points="{points}" stroke="{role_colour(line.role)}" stroke-width="{style.width:g}"{dashes}>'
        f"<title>{escape(line.label)}</title></polyline>"
    )


def _labels(lines: Sequence[SvgLine], axes: _Axes) -> Iterator[str]:
    """Each line's mark and name at its end, moved apart where they would overlap."""
    ends = sorted(((axes.y(line.points[-1][1]), line) for line in lines), key=lambda end: end[0])
    place = -math.inf
    for height, line in ends:
        place = max(height, place + LABEL_DISTANCE)
        x = axes.x(line.points[-1][0]) + 8
        yield (
            f'<text class="name" x="{x:.1f}" y="{place:.1f}" dy="0.35em" fill="{role_colour(line.role)}">'
            f"{role_style(line.role).mark} {escape(line.label)}</text>"
        )


def role_colour(role: str) -> str:
    """The CSS variable of a role's colour; further networks share one."""
    return f"var(--role-{role if role in ROLE_STYLES else 'other'})"


def _letters(text: str) -> int:
    """How many letters wide a text is: a Chinese sign takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
