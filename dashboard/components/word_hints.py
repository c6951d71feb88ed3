"""Terms are explained where they stand: the first of each on a page is underlined, and says what it means to who points at it.

The browser looks for them in what the page shows, so that no page has to mark its words; a word that is drawn later is found
too. Nothing in the page is changed for it: the underline is a highlight over the text. What a reader typed is left alone.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.pages import CLASS
from dashboard.text.glossary import GLOSSARY, english_beside, forms
from dashboard.text.translation import _, html_language
from kdcore.texts import N_

A_NETWORK = N_("student")
"""On the page of a class students are people."""
HERE = Path(__file__).parent
_component = st.components.v2.component(
    "word_hints",
    html='<div class="word_hint" id="word_hint" role="tooltip" hidden></div>',
    css=(HERE / "word_hints.css").read_text("utf-8"),
    js=(HERE / "word_hints.js").read_text("utf-8"),
    isolate_styles=False,
)


def word_hints(here: str) -> None:
    """Explain the glossary's terms on the page that is drawn. here: its path."""
    known = [term for term in _terms(html_language()) if here != CLASS or term["name"] != _(A_NETWORK)]
    _component(data={"terms": known}, key="word_hints")


@lru_cache
def _terms(language: str) -> list[dict[str, Any]]:
    """The terms in the session's language, of which `language` is the name."""
    written = forms()
    return [
        {
            "name": _(term.name),
            "english": english_beside(term),
            "means": _(term.means),
            "forms": [*dict.fromkeys(text for form in written[term.name] for text in (_(form), form))],
        }
        for term in GLOSSARY
        if term.name in written
    ]
