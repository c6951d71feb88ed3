"""The switch of the bar to another language, by the languages' own names; the page's `lang` follows it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st
from babel import Locale

from dashboard.session import Key
from dashboard.text.translation import COOKIE, _, html_language, language
from kdcore.translation import ENGLISH, PSEUDO, languages

SWITCH = "language_switch"
_CSS = """
select {
  font: inherit; font-size: 0.875rem; color: var(--st-text-color); background: var(--st-background-color); cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: 0.3rem 0.4rem; max-width: 8rem;
}
select:hover, select:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
@media (max-width: 640px) { select { padding: 0.15rem 0.2rem; } }
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
        "lang": html_language(),
        "chosen": language(),
        "languages": [[name, names.get(name, name)] for name in dict.fromkeys([*names, language()])],
    }
    _component(data=data, key=SWITCH, on_language_change=_choose, width="content")


@cache
def own_names() -> dict[str, str]:
    """Each language as those call it who speak it."""
    return {name: _own_name(name) for name in languages()}


def _own_name(name: str) -> str:
    locale = Locale.parse(name)
    return (locale.get_language_name(name.split("_")[0]) or name).capitalize()


def _choose() -> None:
    """The reader chose: the run that calls this speaks the language."""
    wanted = st.session_state[SWITCH].get("language")
    if wanted in (*languages(), ENGLISH, PSEUDO):
        st.session_state[Key.LANGUAGE] = wanted
