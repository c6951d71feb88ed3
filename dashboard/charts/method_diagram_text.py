"""A method's drawing as text: the alternative text of its picture, and the notes beneath it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.charts.method_diagram_layout import ADAPTER, BEFORE, POINTS
from dashboard.text.roles import role
from dashboard.text.translation import _, listing, told

if TYPE_CHECKING:
    from kdcore.plan import Stage
    from kdcore.studies.method_wiring import Source, Wiring


def stage_notes(stage: Stage) -> list[str]:
    """What no line of the drawing shows, in short sentences."""
    notes = [
        _("{who} starts with the weights of {whom}").format(who=role(who).label, whom=role(whom).label)
        for who, whom in stage.starts_from.items()
    ]
    notes += [
        _("{who} stays as it is up to {point}").format(who=role(who).label, point=_(POINTS[point]))
        for who, point in stage.fixed.items()
    ]
    notes += [_("{who} sees no real image").format(who=role(who).label) for who in stage.without_images]
    return notes


def stage_text(stage: Stage, wiring: Wiring) -> str:
    """Every term of the loss and what it compares, then what no line shows."""
    sentences = [_("{who} learns").format(who=role(name).label) for name in stage.learns]
    sentences += [_("{who} only answers").format(who=role(name).label) for name in stage.frozen]
    for wire in wiring.wires:
        read = [_source_text(source) for source in sorted(wire.reads)]
        sentences.append(_("{term} reads {what}").format(term=told(wire.name), what=listing(read)))
    return ". ".join([*sentences, *stage_notes(stage)]) + "."


def _source_text(source: Source) -> str:
    network, point = source
    if network == ADAPTER:
        return _("the module {name}").format(name=_(point))
    if not network:
        return _("the labels")
    if point == BEFORE:
        return _("earlier answers of {who}").format(who=role(network).label)
    return _("{point} of {who}").format(point=_(POINTS[point]), who=role(network).label)
