"""The glossary as a list, with a way to the page on which each word is seen."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard.session import Key
from dashboard.text.glossary import GLOSSARY, GlossaryEntry, english_beside
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import set_parameters
from dashboard.url.widget_values import sync_widget


def glossary_list(titles: dict[str, str]) -> None:
    """Draw it below a search box. titles: of the pages, by their paths."""
    query = sync_widget(Key.FIND, st.query_params.get(Param.FIND, ""))
    st.text_input(
        _("Search"), query, key=Key.FIND, on_change=_write_query, placeholder=_("entropy, twin, T squared")
    )
    words = query.lower().split()
    names = {term: _(term.name) for term in GLOSSARY}
    found = [term for term in GLOSSARY if all(word in _searchable(term) for word in words)]
    if not found:
        st.caption(_("No term has all of these words."))
        return
    seen_on = {path: escape(_("Seen on {page}.").format(page=title)) for path, title in titles.items()}
    lines = "".join(
        f"<dt>{escape(names[term])}{_english(term)}</dt><dd>{escape(_(term.means))} <span>{seen_on[term.page]}</span></dd>"
        for term in sorted(found, key=lambda term: names[term].lower())
    )
    st.html(f'<dl class="glossary">{lines}</dl>')


def _english(term: GlossaryEntry) -> str:
    beside = english_beside(term)
    return f' <span lang="en">{escape(beside)}</span>' if beside else ""


def _searchable(term: GlossaryEntry) -> str:
    return f"{term.name} {term.means} {_(term.name)} {_(term.means)}".lower()


def _write_query() -> None:
    set_parameters(**{Param.FIND: st.session_state[Key.FIND] or None})
