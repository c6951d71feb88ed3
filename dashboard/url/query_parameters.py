"""Single parameters of the URL: set, read within their bounds, and refused in a sentence."""

from __future__ import annotations

import re
from collections.abc import Collection

import streamlit as st

from dashboard.text.numbers import grouped
from dashboard.text.translation import _
from dashboard.url.stale_requests import write_link

PAIR = re.compile(r"([0-9]{1,4})-([0-9]{1,4})")
WHOLE = re.compile(r"-?[0-9]{1,12}")
LONGEST = 40  # characters of a link's text that a sentence quotes


def set_parameters(**parameters: str | None) -> None:
    """Set parameters of the URL; those that are None are removed. Others stay."""
    changed = st.query_params.to_dict() | parameters
    write_link({name: value for name, value in changed.items() if value is not None})


def left_out(parameter: str, why: str, shown: str, text: str | None = None) -> str:
    """The sentence for a parameter of the link that cannot be taken: why (itself a sentence), and what is shown."""
    text = st.query_params[parameter] if text is None else text
    return _("{parameter}={text} in the link is left out: {why} Shown instead: {shown}.").format(
        parameter=parameter, text=shortened(text), why=why, shown=shown
    )


def unknown(parameter: str, options: Collection[str], shown: str, why: str = "") -> list[str]:
    """The sentence for a parameter that names none of the options; empty where it does or is absent."""
    if st.query_params.get(parameter) in (None, *options):
        return []
    return [left_out(parameter, why or _("there is no such choice."), shown)]


def shortened(text: str) -> str:
    """A link's text as a sentence quotes it: of a long one only the beginning."""
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def number(parameter: str, default: int, low: int, high: int, problems: list[str]) -> int:
    """A whole number from the URL between two bounds; of anything else the nearest or the default, with a sentence."""
    return whole(parameter, st.query_params.get(parameter), default, low, high, problems)


def whole(parameter: str, text: str | None, default: int, low: int, high: int, problems: list[str]) -> int:
    """The same, of a parameter's text."""
    if text is None:
        return default
    value = min(max(int(text), low), high) if WHOLE.fullmatch(text) else default
    if not WHOLE.fullmatch(text) or value != int(text):
        why = _("it takes a whole number, {low} to {high}.").format(low=grouped(low), high=grouped(high))
        problems.append(left_out(parameter, why, grouped(value), text))
    return value


def read_pair(text: str | None, classes: int) -> tuple[int, int] | None:
    """Two class numbers from a link ("3-8"); None where it names no two of the classes."""
    match = PAIR.fullmatch(text or "")
    if match is None or max(int(match[1]), int(match[2])) >= classes:
        return None
    return int(match[1]), int(match[2])
