"""Values that were typed and cannot be taken: they stay where they were typed, with their bound, until they are mended.

A number field of Streamlit's with bounds of its own would keep such a value in the browser, red and without a word, and
the server would go on with the one before. So the bounds are checked here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.session import Key
from dashboard.text.numbers import grouped
from dashboard.text.translation import _, plain
from dashboard.url.widget_values import is_echo, sync_widget


@dataclass(frozen=True)
class RefusedValue:
    """What was typed into a widget, why it cannot be taken (a sentence), and the value that counts until it is mended."""

    typed: Any
    why: str
    counts: Any


def refuse_value(key: str, why: str, counts: Any) -> None:
    """Remember that what now stands in the widget with that key was refused, while `counts` is its value."""
    refused = st.session_state.setdefault(Key.REFUSED_FIELDS, {})
    refused[key] = RefusedValue(st.session_state[key], why, counts)


def accept_value(key: str) -> None:
    """Forget what was refused in the widget with that key."""
    st.session_state.get(Key.REFUSED_FIELDS, {}).pop(key, None)


def refused_value(key: str, value: Any) -> RefusedValue | None:
    """What was refused in the widget with that key; None where nothing was, or its value has changed since."""
    refused: RefusedValue | None = st.session_state.get(Key.REFUSED_FIELDS, {}).get(key)
    return refused if refused is not None and refused.counts == value else None


def say_refused(refused: RefusedValue | None) -> None:
    """Draw why, below the widget; nothing where nothing was refused."""
    if refused is not None:
        st.error(plain(refused.why))


def whole_number(
    label: str, low: int, high: int, value: int, *, key: str, take: Callable[[int], None], help: str = ""
) -> None:
    """A field for a whole number between two bounds; `take` is called with one that was typed and lies there."""
    refused = refused_value(key, value)
    st.number_input(
        label,
        value=sync_widget(key, refused.typed if refused else value),
        step=1,
        key=key,
        help=help or None,
        on_change=_typed,
        args=(key, (label, low, high), value, take),
    )
    say_refused(refused)


def _typed(key: str, named: tuple[str, int, int], value: int, take: Callable[[int], None]) -> None:
    if is_echo(key):
        return
    typed, (label, low, high) = st.session_state[key], named
    accept_value(key)
    if typed is not None and low <= typed <= high:
        take(int(typed))
        return
    refuse_value(key, out_of_bounds(label, low, high), value)


def out_of_bounds(label: str, low: int, high: int) -> str:
    """The sentence for a whole number that lies outside."""
    return _("{setting} takes a whole number, {low} to {high}.").format(
        setting=label, low=grouped(low), high=grouped(high)
    )
