"""Where things stand in a method's drawing: networks, the points that are compared, and the modules on their lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.plan import Stage
    from kdcore.studies.method_wiring import Source, Wire, Wiring


WIDTH, LEFT, RIGHT = 340, 104, 302
TOP, ROW, BAR, BELOW, ARC = 8, 70, 20, 28, 26
POINT_X = {"early": 124, "middle": 161, "last": 198, "penultimate": 238, "logits": 289}
LABEL_AT = 325
POINTS = {
    "early": N_("early"),
    "middle": N_("middle"),
    "last": N_("last"),
    "penultimate": N_("penultimate"),
    "logits": N_("logits"),
}
BEFORE, ADAPTER = "before", "adapter"


def network_heights(stage: Stage, wiring: Wiring) -> dict[str, int]:
    """The middle of each network's bar: those that only answer above those that learn. Arcs take room above the first."""
    networks = (*stage.frozen, *stage.learns)
    arcs = any(o[0] == t[0] == networks[0] for w in wiring.wires for o, t in compared_points(stage, w))
    first = TOP + BAR // 2 + (ARC if arcs or networks[0] in networks_with_earlier_answers(wiring) else 0)
    return {name: first + ROW * i for i, name in enumerate(networks)}


def compared_points(stage: Stage, wire: Wire) -> list[tuple[Source, Source]]:
    """The pairs of points between which a term draws a line: of two networks, or of one and its own end."""
    order = [*stage.frozen, *stage.learns]
    points = sorted(
        (source for source in wire.reads if source[0] in order and source[1] != BEFORE),
        key=lambda source: (order.index(source[0]), list(POINT_X).index(source[1])),
    )
    names = {network for network, _point in points}
    own = wire.network if wire.network in names else next((n for n in reversed(order) if n in names), "")
    mine = [source for source in points if source[0] == own]
    others = [source for source in points if source[0] != own]
    if not others:
        return [(source, mine[-1]) for source in mine[:-1]]
    level = {point for _network, point in mine} == {point for _network, point in others}
    return [(m, o) for m in mine for o in others if not level or m[1] == o[1]]


def module_line(name: str, stage: Stage, wiring: Wiring) -> tuple[Source, Source] | None:
    """The line on which a module stands: of the term with the fewest modules, at a point that feeds it; None where no line
    is the only one."""
    fed = dict(wiring.feeds).get(name, frozenset())
    middle = network_heights(stage, wiring)
    candidates: dict[tuple[Source, Source], int] = {}
    for wire in wiring.wires:
        modules = sum(kind == ADAPTER for kind, _module in wire.reads)
        if (ADAPTER, name) in wire.reads:
            for pair in compared_points(stage, wire):
                if not fed or fed & set(pair):
                    pair = ordered_pair(pair, middle)
                    candidates[pair] = min(modules, candidates.get(pair, modules))
    best = [pair for pair, modules in candidates.items() if modules == min(candidates.values())]
    straight = [p for p in best if abs(middle[p[0][0]] - middle[p[1][0]]) == ROW]
    return straight[0] if len(best) == len(straight) == 1 else None


def ordered_pair(pair: tuple[Source, Source], middle: Mapping[str, int]) -> tuple[Source, Source]:
    """The upper point first, then the one nearer to the image, so that a comparison drawn twice is one line."""
    first, second = sorted(pair, key=lambda source: (middle[source[0]], POINT_X[source[1]]))
    return first, second


def networks_with_labels(stage: Stage, wiring: Wiring) -> list[str]:
    """The networks whose answers meet the labels."""
    return [
        name
        for name in stage.learns
        if any(("", "labels") in w.reads and any(n == name for n, _p in w.reads) for w in wiring.wires)
    ]


def networks_with_earlier_answers(wiring: Wiring) -> list[str]:
    """The networks that learn from what they answered before the stage."""
    return sorted({name for wire in wiring.wires for name, point in wire.reads if point == BEFORE})
