"""Texts in the reader's language: one gettext translator a browser session, never one for the whole process.

`_` translates a text written here; kdcore's texts are marked there with `N_` and pass through `_` when they are shown, its errors
through `told`. The catalogues are `kdcore.translation`'s; a language without one reads English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.session import Key
from kdcore import texts, translation
from kdcore.translation import ENGLISH, spoken_language, translator, written_language

COOKIE = "stillroom_language"
PARAMETER = "lang"
"""What a link may ask for; `dashboard.url.parameters` has the others."""
SETTLED = "stillroom_language"
"""The attribute of a script run's context that keeps its language: a page asks for it thousands of times."""


def language() -> str:
    """The language of the session's catalogue (`en`, `zh_CN` ...); outside a session that of `speaking`, or English."""
    if name := spoken_language():
        return name
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return ENGLISH
    return str(getattr(context, SETTLED, "")) or settle_language()


def settle_language(of_class: str = "") -> str:
    """Find out which language this script run speaks.

    What the reader chose, else the link's, else that of the reader's class, else the browser's, else English.
    """
    context = get_script_run_ctx(suppress_warning=True)
    chosen = (
        st.session_state.get(Key.LANGUAGE) or st.context.cookies.get(COOKIE) or st.query_params.get(PARAMETER)
    )
    found = written_language(str(chosen or of_class or st.context.locale or ENGLISH))
    if context is not None:
        setattr(context, SETTLED, found)
    return found


def html_language() -> str:
    """The session's language as HTML names it: `zh-CN`."""
    return language().replace("_", "-")


def _(text: str) -> str:
    """The text in the session's language."""
    return translator(language()).gettext(text) if text else ""


def ngettext(one: str, many: str, n: int) -> str:
    """The form of a counted text that fits `n`."""
    return translator(language()).ngettext(one, many, n)


def pgettext(sense: str, text: str) -> str:
    """A text that other languages say differently in another sense: a class's precision is not that of a number."""
    return translator(language()).pgettext(sense, text)


def together(sentences: Iterable[str]) -> str:
    """Sentences one after the other, those that are not empty, as the session's language sets them."""
    return texts.together(sentences, _)


def listing(words: Iterable[str]) -> str:
    """Words one after the other, as the session's language lists them."""
    return texts.listing(words, _)


def told(error: Exception | str) -> str:
    """What an error says, in the session's language."""
    return translation.translated_sentence(str(error), language())


MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:])")
BARE_ADDRESS = re.compile(r"(?i)(https?:(?=//)|\bwww(?=\.)|@(?=\w))")
"""How an address begins that Markdown makes a link of without any sign around it."""
SHORTCODE = re.compile(r":(?=[a-z_+-][\w/+-]*:)", re.IGNORECASE)
"""How a sign begins that Streamlit makes a picture of, after escapes are resolved: ":smile:", ":material/home:"."""
WORD_JOINER = "\u2060"


def plain(text: str) -> str:
    """A text that shows as it is where Markdown is read: what a link, a file or a name says becomes no link and no picture.

    Bare addresses are looked for after escapes are resolved: only a joiner that nobody sees keeps them apart. A number and
    its percent sign stay on one line.
    """
    text = BARE_ADDRESS.sub(rf"\1{WORD_JOINER}", unbroken(text))
    text = SHORTCODE.sub(f":{WORD_JOINER}", text)
    return MARKDOWN.sub(r"\\\1", text)


def unbroken(text: str) -> str:
    """The text with every number and its percent sign on one line."""
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", text)
