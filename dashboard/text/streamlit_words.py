"""What Streamlit says by itself, in English alone: its menu, what it adds to fields, and what it shows where nothing is chosen."""

from __future__ import annotations

from functools import cache

from kdcore.texts import N_
from kdcore.translation import translator

WORDS = (
    N_("Skip to main content"),
    N_("Main menu"),
    N_("Theme"),
    N_("System"),
    N_("Light"),
    N_("Dark"),
    N_("Print"),
    N_("Record screen"),
    N_("Press Enter to apply"),
    N_("Press Enter to submit form"),
    N_("Press Ctrl+Enter to apply"),
    N_("Press Ctrl+Enter to submit form"),
    N_("Press ⌘+Enter to apply"),
    N_("Press ⌘+Enter to submit form"),
    N_("Upload"),
    N_("Drag and drop file here"),
    N_("file upload"),
    N_("{size} per file"),
    N_("Select all"),
    N_("Clear all"),
    N_("No results"),
    N_("Open"),
    N_("Close"),
    N_("Show data"),
    N_("Show/hide columns"),
    N_("Download as CSV"),
    N_("Download as PNG"),
    N_("Copy Vega-Lite spec"),
    N_("Search"),
    N_("Fullscreen"),
    N_("Close fullscreen"),
)


@cache
def streamlit_words(language: str) -> dict[str, str]:
    """Those of Streamlit's words that the language has others for, with these: none in English."""
    translate = translator(language).gettext
    return {word: said for word in WORDS if (said := translate(word)) != word}
