"""A method as a drawing: its networks as bars from image to logits, what its loss compares, and what learns beside them.

Everything is found in the plan (kdcore.studies.method_wiring); nothing here knows a method. One picture per stage,
equal stages in a row as one, and a text that says the same.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from dashboard.charts.chart_theme import INK
from dashboard.charts.method_diagram_layout import (
    ADAPTER,
    BELOW,
    compared_points,
    module_line,
    network_heights,
    networks_with_earlier_answers,
    networks_with_labels,
    ordered_pair,
)
from dashboard.charts.method_diagram_shapes import (
    comparison_line,
    earlier_answers_loop,
    feature_points,
    image_maker,
    label_box,
    module_boxes,
    network_bar,
    point_names,
    svg,
    svg_text,
    text_lines,
)
from dashboard.charts.method_diagram_text import stage_notes, stage_text
from dashboard.text.roles import Theme
from dashboard.text.translation import _, listing, told

if TYPE_CHECKING:
    from kdcore.plan import Stage
    from kdcore.studies.method_wiring import Wiring


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


def method_diagram(stages: Sequence[tuple[Stage, Wiring]], theme: Theme) -> list[Panel]:
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
        words = f"{title}. {stage_text(of[0], wiring)}" if title else stage_text(of[0], wiring)
        head = svg_text(6, 15, title, INK[theme], weight=600) if title else ""
        panels.append(Panel(svg(head, body, height), words))
    return panels


def method_diagram_html(panels: Sequence[Panel]) -> str:
    """All pictures beside each other, or one below the other where there is no room."""
    return f'<div class="method_diagram">{"".join(panel.html for panel in panels)}</div>'


def _title(number: int, stages: Sequence[Stage]) -> str:
    names = [told(stages[0].name)] if len(stages) == 1 else [told(stages[0].name), told(stages[-1].name)]
    when = f" ({_('before the run')})" if stages[0].before else ""
    return f"{number}. {' … '.join(names)}{when}"


def _body(stage: Stage, wiring: Wiring, theme: Theme) -> tuple[str, int]:
    """Everything below the title, and how high it is."""
    middle = network_heights(stage, wiring)
    lines = {ordered_pair(pair, middle) for wire in wiring.wires for pair in compared_points(stage, wire)}
    makers = {name for _network, sources in wiring.images for kind, name in sources if kind == ADAPTER}
    lines_of = {name: module_line(name, stage, wiring) for name in stage.adapters if name not in makers}
    on = {name: line for name, line in lines_of.items() if line is not None}
    drawn = [
        *(
            network_bar(name, y, name in stage.learns, stage.fixed.get(name), theme)
            for name, y in middle.items()
        ),
        *(comparison_line(pair, middle, theme) for pair in sorted(lines)),
        *(label_box(name, middle, theme) for name in networks_with_labels(stage, wiring)),
        *(earlier_answers_loop(name, middle, theme) for name in networks_with_earlier_answers(wiring)),
        *(feature_points(name, y, wiring, theme) for name, y in middle.items()),
    ]
    drawn += module_boxes(on, middle, theme)
    bottom = max(middle.values()) + BELOW
    drawn.append(point_names(wiring, bottom, theme))
    drawn += [image_maker(name, wiring, middle, theme) for name in sorted(makers)]
    rest = [_(name) for name in stage.adapters if name not in on and name not in makers]
    beside = [_("learns beside: {modules}").format(modules=listing(rest))] if rest else []
    for note in (line for words in [*beside, *stage_notes(stage)] for line in text_lines(words)):
        bottom += 17
        drawn.append(svg_text(6, bottom, note, INK[theme]))
    return "".join(drawn), bottom + 8
