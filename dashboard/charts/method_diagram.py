"""A method as a drawing: its networks as bars from image to logits, what its loss compares, and what learns beside them.

Everything is found in the plan (kdcore.studies.method_wiring); nothing here knows a method. A picture a stage, equal stages in
a row as one, and a text that says the same.
"""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from dashboard.charts.chart_theme import FAINT, INK, PAPER
from dashboard.text.roles import TRUTH, Theme, role
from dashboard.text.translation import _
from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.plan import Stage
    from kdcore.studies.method_wiring import Source, Wire, Wiring

WIDTH, LEFT, RIGHT = 340, 104, 302
TOP, ROW, BAR, BELOW, ARC = 8, 70, 20, 28, 26
AT = {"early": 124, "middle": 161, "last": 198, "penultimate": 238, "logits": 289}
LABEL_AT = 325
POINTS = {
    "early": N_("early"),
    "middle": N_("middle"),
    "last": N_("last"),
    "penultimate": N_("penultimate"),
    "logits": N_("logits"),
}
LETTER = 6.2
"""Pixels that a letter of the small texts takes."""
ACROSS = 52
"""Letters in a line."""
BEFORE, ADAPTER = "before", "adapter"


@dataclass(frozen=True)
class Panel:
    """One stage, or several that are drawn alike: the picture, and the same in words."""

    svg: str
    words: str

    @property
    def html(self) -> str:
        """The picture with its words as the alternative text."""
        data = base64.b64encode(self.svg.encode()).decode()
        return f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(self.words)}">'


def diagram(stages: Sequence[tuple[Stage, Wiring]], theme: Theme) -> list[Panel]:
    """A picture for each run of stages that are drawn alike."""
    alike: list[tuple[str, int, list[Stage], Wiring]] = []
    for stage, wiring in stages:
        body, height = _body(stage, wiring, theme)
        if alike and alike[-1][0] == body:
            alike[-1][2].append(stage)
        else:
            alike.append((body, height, [stage], wiring))
    panels = []
    for number, (body, height, of, wiring) in enumerate(alike, start=1):
        title = _title(number, of) if len(alike) > 1 else ""
        words = f"{title}. {_in_words(of[0], wiring)}" if title else _in_words(of[0], wiring)
        head = _text(6, 15, title, INK[theme], weight=600) if title else ""
        panels.append(Panel(_svg(head, body, height), words))
    return panels


def diagram_html(panels: Sequence[Panel]) -> str:
    """All pictures beside each other, or one below the other where there is no room."""
    return f'<div class="method_diagram">{"".join(panel.html for panel in panels)}</div>'


def _title(number: int, stages: Sequence[Stage]) -> str:
    names = [_(stages[0].name)] if len(stages) == 1 else [_(stages[0].name), _(stages[-1].name)]
    when = f" ({_('before the run')})" if stages[0].before else ""
    return f"{number}. {' … '.join(names)}{when}"


# ---------------------------------------------------------------------------------------------- what is drawn


def rows(stage: Stage, wiring: Wiring) -> dict[str, int]:
    """The middle of each network's bar: those that only answer above those that learn. Arcs take room above the first."""
    networks = (*stage.frozen, *stage.learns)
    arcs = any(o[0] == t[0] == networks[0] for w in wiring.wires for o, t in compared(stage, w))
    first = TOP + BAR // 2 + (ARC if arcs or networks[0] in _own_answers(wiring) else 0)
    return {name: first + ROW * i for i, name in enumerate(networks)}


def compared(stage: Stage, wire: Wire) -> list[tuple[Source, Source]]:
    """The pairs of points between which a term draws a line: of two networks, or of one and its own end."""
    order = [*stage.frozen, *stage.learns]
    points = sorted(
        (source for source in wire.reads if source[0] in order and source[1] != BEFORE),
        key=lambda source: (order.index(source[0]), list(AT).index(source[1])),
    )
    names = {network for network, _point in points}
    own = wire.network if wire.network in names else next((n for n in reversed(order) if n in names), "")
    mine = [source for source in points if source[0] == own]
    others = [source for source in points if source[0] != own]
    if not others:
        return [(source, mine[-1]) for source in mine[:-1]]
    level = {point for _network, point in mine} == {point for _network, point in others}
    return [(m, o) for m in mine for o in others if not level or m[1] == o[1]]


def _body(stage: Stage, wiring: Wiring, theme: Theme) -> tuple[str, int]:
    """Everything below the title, and how high it is."""
    middle = rows(stage, wiring)
    lines = {_sorted(pair, middle) for wire in wiring.wires for pair in compared(stage, wire)}
    makers = {name for _network, sources in wiring.images for kind, name in sources if kind == ADAPTER}
    found = {name: _line_of(name, stage, wiring) for name in stage.adapters if name not in makers}
    on = {name: line for name, line in found.items() if line is not None}
    drawn = [
        *(_bar(name, y, name in stage.learns, stage.fixed.get(name), theme) for name, y in middle.items()),
        *(_line(pair, middle, theme) for pair in sorted(lines)),
        *(_label(name, middle, theme) for name in _labelled(stage, wiring)),
        *(_loop(name, middle, theme) for name in _own_answers(wiring)),
        *(_points(name, y, wiring, theme) for name, y in middle.items()),
    ]
    drawn += _boxes(on, middle, theme)
    bottom = max(middle.values()) + BELOW
    drawn.append(_scale(wiring, bottom, theme))
    drawn += [_maker(name, wiring, middle, theme) for name in sorted(makers)]
    rest = [_(name) for name in stage.adapters if name not in on and name not in makers]
    beside = [_("learns beside: {modules}").format(modules=", ".join(rest))] if rest else []
    for note in (line for words in [*beside, *_notes(stage)] for line in textwrap.wrap(words, ACROSS)):
        bottom += 17
        drawn.append(_text(6, bottom, note, INK[theme]))
    return "".join(drawn), bottom + 8


def _line_of(name: str, stage: Stage, wiring: Wiring) -> tuple[Source, Source] | None:
    """The one line on which a module stands: of the term that has the fewest modules, at a point that feeds it."""
    fed = dict(wiring.feeds).get(name, frozenset())
    middle = rows(stage, wiring)
    found: dict[tuple[Source, Source], int] = {}
    for wire in wiring.wires:
        modules = sum(kind == ADAPTER for kind, _module in wire.reads)
        if (ADAPTER, name) in wire.reads:
            for pair in compared(stage, wire):
                if not fed or fed & set(pair):
                    pair = _sorted(pair, middle)
                    found[pair] = min(modules, found.get(pair, modules))
    best = [pair for pair, modules in found.items() if modules == min(found.values())]
    straight = [p for p in best if abs(middle[p[0][0]] - middle[p[1][0]]) == ROW]
    return straight[0] if len(best) == len(straight) == 1 else None


def _sorted(pair: tuple[Source, Source], middle: Mapping[str, int]) -> tuple[Source, Source]:
    """The upper point first, then the one nearer to the image, so that a comparison drawn twice is one line."""
    first, second = sorted(pair, key=lambda source: (middle[source[0]], AT[source[1]]))
    return first, second


def _labelled(stage: Stage, wiring: Wiring) -> list[str]:
    """The networks whose answers meet the labels."""
    return [
        name
        for name in stage.learns
        if any(("", "labels") in w.reads and any(n == name for n, _p in w.reads) for w in wiring.wires)
    ]


def _own_answers(wiring: Wiring) -> list[str]:
    """The networks that learn from what they answered before the stage."""
    return sorted({name for wire in wiring.wires for name, point in wire.reads if point == BEFORE})


def _notes(stage: Stage) -> list[str]:
    """What no line shows, in short sentences."""
    said = [
        _("{who} starts with the weights of {whom}").format(who=role(who).label, whom=role(whom).label)
        for who, whom in stage.starts_from.items()
    ]
    said += [
        _("{who} stays as it is up to {point}").format(who=role(who).label, point=_(POINTS[point]))
        for who, point in stage.fixed.items()
    ]
    said += [_("{who} sees no real image").format(who=role(who).label) for who in stage.without_images]
    return said


# ---------------------------------------------------------------------------------------------- shapes


def _svg(head: str, body: str, height: int) -> str:
    above = 24 if head else 0
    body = f'{head}<g transform="translate(0 {above})">{body}</g>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + above}" width="{WIDTH}" height="{height + above}" '
        f'font-family="Source Sans, Arial, sans-serif" font-size="12">{body}</svg>'
    )


def _text(x: float, y: float, words: str, colour: str, *, anchor: str = "start", weight: int = 400) -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'


def _bar(name: str, y: int, learns: bool, fixed: str | None, theme: Theme) -> str:
    """A network: filled where it learns, an outline where it only answers."""
    look = role(name)
    colour, shape = look.colour(theme), f'y="{y - BAR // 2}" height="{BAR}" rx="5"'
    bar = f'<rect x="{LEFT}" width="{RIGHT - LEFT}" {shape} fill="{colour}" fill-opacity="{0.28 if learns else 0.06}" stroke="{colour}" stroke-width="{2.5 if learns else 1.5}"/>'
    if fixed:
        bar += (
            f'<rect x="{LEFT}" width="{AT[fixed] - LEFT}" {shape} fill="{FAINT[theme]}" fill-opacity="0.55"/>'
        )
    return bar + _text(6, y + 4, f"{look.mark} {look.label}", colour, weight=600)


def _points(name: str, y: int, wiring: Wiring, theme: Theme) -> str:
    """The places where a network can be tapped; those that are, large and dark."""
    tapped = {point for wire in wiring.wires for network, point in wire.reads if network == name}
    return "".join(
        f'<circle cx="{x}" cy="{y}" r="{4.5 if point in tapped else 1.8}" fill="{INK[theme] if point in tapped else FAINT[theme]}"/>'
        for point, x in AT.items()
    )


def _line(pair: tuple[Source, Source], middle: Mapping[str, int], theme: Theme) -> str:
    """A line between two networks, bent around those that stand between; an arc above a network for its own points."""
    (one, start), (other, end) = pair
    x, y, u, v = AT[start], middle[one], AT[end], middle[other]
    if one == other:
        path = f"M{x} {y} C{x + 8} {y - 1.6 * ARC} {u - 8} {y - 1.6 * ARC} {u} {y}"
    else:
        bend = 26 * (abs(v - y) // ROW - 1)
        path = f"M{x} {y} C{x + bend} {y + ROW / 2} {u + bend} {v - ROW / 2} {u} {v}"
    return f'<path d="{path}" fill="none" stroke="{INK[theme]}" stroke-width="2"/>'


def _label(name: str, middle: Mapping[str, int], theme: Theme) -> str:
    """The labels, beside the answers of a network that learns from them."""
    y, colour = middle[name], TRUTH.colour(theme)
    return (
        f'<path d="M{AT["logits"]} {y} H{LABEL_AT - 6}" stroke="{INK[theme]}" stroke-width="2"/>'
        f'<rect x="{LABEL_AT - 6}" y="{y - 6}" width="12" height="12" fill="none" stroke="{colour}" stroke-width="2"/>'
        + _text(LABEL_AT, y + BELOW, _("label"), colour, anchor="middle")
    )


def _loop(name: str, middle: Mapping[str, int], theme: Theme) -> str:
    """A network's own earlier answers, beside those of now."""
    x, y = AT["logits"], middle[name]
    path = f"M{x} {y} C{x - 4} {y - 30} {x - 44} {y - 30} {x - 44} {y - 12}"
    return f'<path d="{path}" fill="none" stroke="{INK[theme]}" stroke-width="2"/>' + _text(
        x - 50, y - 16, _("its answers before"), INK[theme], anchor="end"
    )


def _boxes(on: Mapping[str, tuple[Source, Source]], middle: Mapping[str, int], theme: Theme) -> list[str]:
    """The modules on their lines; between two bars every other one lower, where they would touch."""
    places: dict[float, list[tuple[float, list[str]]]] = {}
    for (one, start), (other, end) in sorted(set(on.values()), key=lambda pair: AT[pair[0][1]]):
        names = [name for name, pair in on.items() if pair == ((one, start), (other, end))]
        between = places.setdefault((middle[one] + middle[other]) / 2, [])
        between.append(((AT[start] + AT[end]) / 2, names))
    drawn = []
    for y, boxes in places.items():
        crowded = any(x + _half(some) > u - _half(others) for (x, some), (u, others) in pairwise(boxes))
        for i, (x, names) in enumerate(boxes):
            drawn.append(_box(x, y + (11 if i % 2 else -11) * crowded, names, theme))
    return drawn


def _half(names: Sequence[str]) -> float:
    """Half the width of a box with these names."""
    return LETTER * len(", ".join(map(_, names))) / 2 + 6


def _box(x: float, y: float, names: Sequence[str], theme: Theme) -> str:
    """A module that learns beside the networks, on the line that passes through it."""
    words, wide = ", ".join(map(_, names)), 2 * _half(names)
    x = min(max(x, 6 + wide / 2), WIDTH - 6 - wide / 2)
    return (
        f'<rect x="{x - wide / 2:.1f}" y="{y - 10}" width="{wide:.1f}" height="20" rx="4" fill="{PAPER[theme]}" stroke="{INK[theme]}"/>'
        + _text(x, y + 4, words, INK[theme], anchor="middle")
    )


def _maker(name: str, wiring: Wiring, middle: Mapping[str, int], theme: Theme) -> str:
    """A module that makes the images which networks are asked about: lines from it to their beginnings."""
    fed = [middle[network] for network, sources in wiring.images if (ADAPTER, name) in sources]
    x, y = LEFT / 2, sum(fed) / len(fed)
    lines = "".join(
        f'<path d="M{x} {y} C{x} {end} {x + 20} {end} {LEFT} {end}" fill="none" stroke="{INK[theme]}" stroke-width="2"/>'
        for end in (e + (8 if e < y else -8) for e in fed)
    )
    return lines + _box(x, y, [name], theme)


def _scale(wiring: Wiring, y: int, theme: Theme) -> str:
    """The names of the tapped points, below the last bar."""
    tapped = {point for wire in wiring.wires for _network, point in wire.reads}
    return "".join(
        _text(x, y, _(POINTS[point]), INK[theme], anchor="middle")
        for point, x in AT.items()
        if point in tapped
    )


# ---------------------------------------------------------------------------------------------- words


def _in_words(stage: Stage, wiring: Wiring) -> str:
    """Every term of the loss and what it compares, then what no line shows."""
    said = [_("{who} learns").format(who=role(name).label) for name in stage.learns]
    said += [_("{who} only answers").format(who=role(name).label) for name in stage.frozen]
    for wire in wiring.wires:
        read = [_named(source) for source in sorted(wire.reads)]
        said.append(_("{term} reads {what}").format(term=_(wire.name), what=", ".join(read)))
    return ". ".join([*said, *_notes(stage)]) + "."


def _named(source: Source) -> str:
    network, point = source
    if network == ADAPTER:
        return _("the module {name}").format(name=_(point))
    if not network:
        return _("the labels")
    if point == BEFORE:
        return _("earlier answers of {who}").format(who=role(network).label)
    return _("{point} of {who}").format(point=_(POINTS[point]), who=role(network).label)
