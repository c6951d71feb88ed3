"""Texts in the reader's language: one gettext translator a browser session, never one for the whole process.

`_` translates a text written here; kdcore's texts are marked there with `N_` and pass through `_` when they are shown.
Catalogues are looked for in `dashboard/locale`; a language without one reads English.
"""

from __future__ import annotations

import gettext
import re
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

DOMAIN = "stillroom"
FOLDER = Path(__file__).parent.parent / "locale"


def language() -> str:
    """The session's language as its browser states it (`en`, `de-CH` ...); English outside a session."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    return st.context.locale or "en"


def _(text: str) -> str:
    """The text in the session's language."""
    return _translator(language()).gettext(text) if text else ""


def ngettext(one: str, many: str, n: int) -> str:
    """The form of a counted text that fits `n`."""
    return _translator(language()).ngettext(one, many, n)


def plain(text: str) -> str:
    """A text that shows as it is where Markdown is read: a link's parameter must not become a link."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>~$:])", r"\\\1", text)


@cache
def _translator(name: str) -> gettext.NullTranslations:
    names = [name.replace("-", "_"), name.split("-")[0]]
    return gettext.translation(DOMAIN, FOLDER, names, fallback=True)
