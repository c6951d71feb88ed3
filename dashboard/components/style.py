"""The style sheet, with the roles' colours of the session's theme as CSS variables."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

from dashboard.charts.chart_theme import PAPER
from dashboard.text.roles import ALTERNATE, OTHER, ROLES, Theme, role

SHEET = Path(__file__).parent.parent / "style.css"


def theme() -> Theme:
    """The session's theme, light until the browser has told."""
    return "dark" if st.context.theme.type == "dark" else "light"


def style_sheet() -> None:
    """Put the style sheet on the page. It contains nothing that a user wrote."""
    st.html(_sheet(theme()))


@cache
def _sheet(name: Theme) -> str:
    return f"<style>:root {{ {role_colours(name)} --paper: {PAPER[name]}; }}\n{SHEET.read_text()}</style>"


def role_colours(name: Theme) -> str:
    """The roles' colours in a theme, as declarations of CSS variables."""
    roles = [*ROLES.values(), role(OTHER)]
    alternate = f"--role-{ALTERNATE}: {role(f'{OTHER} 1').colour(name)};"
    return alternate + "".join(f"--role-{one.name}: {one.colour(name)};" for one in roles)
