"""A class's board: each run that has finished as a mark, its errors against T; its twin's beside it."""

from __future__ import annotations

from typing import Any

from dashboard.charts.chart_theme import SELECTED, chart_config
from dashboard.charts.vega import Spec, data_domain, nominal, of_kind, quantitative
from dashboard.text.roles import STUDENT, TWIN, Theme

HEIGHT = 420
TICKS = [0.25, 0.5, 1, 2, 4, 8, 10, 20, 50, 100]
NAMED = {"filter": "datum.who !== ''"}
PINNED = {"filter": "datum.status === 'pinned'"}


def board_spec(theme: Theme, x_title: str, y_title: str) -> Spec:
    """Rows have T, errors and twin, a text, a status (`pinned` or `run`), the run's address and whose it is."""
    scale = {"type": "log", "domain": data_domain("T", otherwise=(1, 20)), "nice": True, "padding": 24}
    x = quantitative("T", title=x_title, scale=scale, axis={"values": TICKS, "format": "~g"})
    y_scale = {"zero": False, "nice": True, "padding": 16}

    def marks(field: str, colour: str, *transforms: Spec, mark: dict[str, Any], **encoding: Spec) -> Spec:
        y = quantitative(field, title=y_title, scale=y_scale, axis={"tickMinStep": 1})
        return {
            "transform": [*transforms],
            "mark": {"color": colour, **mark},
            "encoding": {"x": x, "y": y, **encoding},
        }

    tooltip, opens = nominal("text"), nominal("url")
    student, twin = STUDENT.colour(theme), TWIN.colour(theme)
    point = {"type": "point", "opacity": 0.8}
    triangle = {**point, "shape": "triangle-up", "size": 150, "filled": True, "cursor": "pointer"}
    ring = {"type": "point", "shape": "circle", "size": 600, "strokeWidth": 3, "filled": False}
    name = {"type": "text", "dx": 12, "align": "left", "fontSize": 14}
    return {
        "height": HEIGHT,
        "padding": {"right": 24},
        "config": chart_config(theme, 14),
        "transform": [of_kind("mark")],
        "layer": [
            marks(
                "twin", twin, mark={**point, "shape": "circle", "size": 60, "filled": False}, tooltip=tooltip
            ),
            marks("errors", student, mark=triangle, tooltip=tooltip, href=opens),
            marks("errors", SELECTED[theme], PINNED, mark=ring),
            marks("errors", student, NAMED, mark=name, text=nominal("who")),
        ],
    }
