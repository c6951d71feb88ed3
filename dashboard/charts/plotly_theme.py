"""The page's look for figures that Plotly draws: those that are turned and explored."""

from __future__ import annotations

from html import escape
from typing import Any, Literal

from dashboard.charts.chart_theme import FAINT, FONT, GRID, INK, PAPER
from dashboard.text.roles import Theme

Viewpoint = Literal["corner", "front", "side", "above"]
EYES: dict[Viewpoint, tuple[float, float, float]] = {
    "corner": (1.5, -1.5, 0.9),
    "front": (0.0, -2.3, 0.25),
    "side": (2.3, 0.0, 0.25),
    "above": (0.0, -0.01, 2.2),
}
"""Where one looks from, in sizes of the figure."""


def plotly_layout(theme: Theme, height: int) -> dict[str, Any]:
    """Colours, font and room of a figure."""
    return {
        "height": height,
        "font": {"family": FONT, "size": 14, "color": INK[theme]},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 34, "b": 8},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": FAINT[theme], "activecolor": INK[theme]},
        "hoverlabel": {"bgcolor": PAPER[theme], "font": {"family": FONT, "size": 14, "color": INK[theme]}},
    }


def plotly_text(text: str) -> str:
    """A name as Plotly draws it word for word: it reads tags in texts."""
    return escape(text, quote=False)


def scene(
    theme: Theme, titles: tuple[str, str, str], viewpoint: Viewpoint, near: float = 1.0
) -> dict[str, Any]:
    """A space with three named axes, seen from a viewpoint; near: of its distance."""
    axis = {"gridcolor": GRID[theme], "zerolinecolor": GRID[theme], "showbackground": False}
    x, y, z = (axis | {"title": {"text": title}} for title in titles)
    eye = {axis: near * place for axis, place in zip("xyz", EYES[viewpoint], strict=True)}
    camera = {"eye": eye, "center": {"x": 0, "y": 0, "z": -0.12}}
    return {"xaxis": x, "yaxis": y, "zaxis": z, "camera": camera, "aspectmode": "cube"}
