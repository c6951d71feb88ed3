"""Tooltips of what stands right below the navigation: Streamlit opens a tooltip above its button, where they would cover it."""

from __future__ import annotations

from dashboard.text.translation import plain


def tooltip_below(text: str) -> str:
    """A help text whose tooltip opens below: the style sheet knows it by being one emphasised phrase, and does not slant it."""
    return f"*{plain(text)}*"
