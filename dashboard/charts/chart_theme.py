"""The theme that all charts share: the page's colours, the colour maps, fonts and axes, light and dark."""

from __future__ import annotations

from dashboard.charts.vega import Spec
from dashboard.text.roles import Theme

CHINESE = '"PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei"'
"""Fonts that systems come with for Chinese; dashboard/streamlit.toml names them too."""
FONT = f'"Source Sans", {CHINESE}, sans-serif'
PAPER = {"light": "#FFFFFF", "dark": "#0F1214"}
"""The page's background, as dashboard/streamlit.toml sets it."""
INK = {"light": "#1A1A1A", "dark": "#F2F2F2"}
FAINT = {"light": "#8A8D96", "dark": "#9A9DA6"}
GRID = {"light": "#E6E8EC", "dark": "#2E323A"}

# Both maps run through CIELAB in steps that are even to the eye; the diverging one avoids the roles' colours.
SEQUENTIAL = {"light": ["#FFFFFF", "#3D1A66"], "dark": ["#0F1214", "#E9D9FF"]}
DIVERGING = {"light": ["#1B6B34", "#FFFFFF", "#7B2A8B"], "dark": ["#7FD69A", "#0F1214", "#E0A3EE"]}
SELECTED = {"light": "#D6006C", "dark": "#FF7AB8"}
"""What is selected, in every chart: not a role's colour, and in neither map."""


def chart_config(theme: Theme, size: int) -> Spec:
    """The `config` of every chart, its texts `size` pixels high."""
    axis = {
        "labelFontSize": size,
        "titleFontSize": size,
        "labelColor": INK[theme],
        "titleColor": INK[theme],
        "gridColor": GRID[theme],
        "domainColor": GRID[theme],
        "tickColor": GRID[theme],
        "titleFontWeight": "normal",
        "labelOverlap": True,
        "labelFlush": False,
    }
    return {"background": "transparent", "axis": axis, "view": {"stroke": None}, "font": FONT}


def chart_title(theme: Theme, title: str) -> Spec:
    """The `title` of a small chart, above its left end."""
    return {"text": title, "anchor": "start", "fontSize": 14, "fontWeight": 600, "color": INK[theme]}
