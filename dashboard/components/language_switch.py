"""The switch of the bar to another language, by the languages' own names; the page's `lang` and Streamlit's own words follow it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st
from babel import Locale

from dashboard.text.streamlit_words import streamlit_words
from dashboard.text.translation import COOKIE, PARAMETER, _, html_language, language
from kdcore.translation import languages

SWITCH = "language_switch"
_CSS = """
select {
  font: inherit; font-size: 0.875rem; color: var(--st-text-color); background: var(--st-background-color); cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: 0.3rem 0.4rem; max-width: 8rem;
}
select:hover, select:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
/* A phone and a magnified window have no room for the language's name: a globe stands for it. */
@media (max-width: 1160px) {
  select {
    appearance: none; width: 1.8rem; height: 1.8rem; padding: 0; color: transparent;
    background: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='%23808080' stroke-width='1.8'%3E%3Ccircle cx='12' cy='12' r='9'/%3E%3Cpath d='M3 12h18M12 3c3 3 3.6 6 3.6 9s-.6 6-3.6 9c-3-3-3.6-6-3.6-9s.6-6 3.6-9z'/%3E%3C/svg%3E") center / 1.2rem no-repeat;
  }
  select:hover, select:focus-visible { color: transparent; }
  option { color: var(--st-text-color); background: var(--st-background-color); }
}
"""
_component = st.components.v2.component(
    "language_switch",
    html='<select style="visibility: hidden"></select>',
    css=_CSS,
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
)


def language_switch() -> None:
    """Draw the switch."""
    names = own_names()
    data = {
        "label": _("Language"),
        "cookie": COOKIE,
        "parameter": PARAMETER,
        "lang": html_language(),
        "chosen": language(),
        "words": streamlit_words(language()),
        "languages": [[name, names.get(name, name)] for name in dict.fromkeys([*names, language()])],
    }
    _component(data=data, key=SWITCH, width="content")


@cache
def own_names() -> dict[str, str]:
    """Each language as those call it who speak it."""
    return {name: _own_name(name) for name in languages()}


def _own_name(name: str) -> str:
    locale = Locale.parse(name)
    return (locale.get_language_name(name.split("_")[0]) or name).capitalize()
