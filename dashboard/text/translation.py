"""Texts in the reader's language: one gettext translator a browser session, never one for the whole process.

`_` translates a text written here; kdcore's texts are marked there with `N_` and pass through `_` when they are shown.
Catalogues are looked for in `dashboard/locale`; a language without one reads English.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

DOMAIN = "stillroom"
ENGLISH = "en"
LANGUAGE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,3}")
FOLDER = Path(__file__).parent.parent / "locale"


_spoken: ContextVar[str] = ContextVar("spoken", default="")


@contextmanager
def spoken(name: str) -> Iterator[None]:
    """Have texts in that language where no session states one."""
    token = _spoken.set(name)
    try:
        yield
    finally:
        _spoken.reset(token)


def written_language(name: str) -> str:
    """The language of the catalogue that a reader of `name` (`de-CH`) gets; English where there is none."""
    found = gettext.find(DOMAIN, FOLDER, _written(name)) if LANGUAGE.fullmatch(name) else None
    return Path(found).parent.parent.name if found else ENGLISH


def language() -> str:
    """The session's language as its browser states it (`en`, `de-CH` ...); outside a session that of `spoken`, or English."""
    if name := _spoken.get():
        return name
    if get_script_run_ctx(suppress_warning=True) is None:
        return ENGLISH
    return st.context.locale or ENGLISH


def _(text: str) -> str:
    """The text in the session's language."""
    return _translator(language()).gettext(text) if text else ""


def ngettext(one: str, many: str, n: int) -> str:
    """The form of a counted text that fits `n`."""
    return _translator(language()).ngettext(one, many, n)


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


@cache
def _translator(name: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, FOLDER, _written(name), fallback=True)


def _written(name: str) -> list[str]:
    """The names that a catalogue for a reader of `name` may have."""
    return [name.replace("-", "_"), name.split("-")[0]]
