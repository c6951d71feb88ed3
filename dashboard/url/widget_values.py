"""Widgets whose value the URL gives: filled before they are drawn, written back when somebody changes them."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TypeVar

import streamlit as st

from dashboard.session import Key
from dashboard.url.stale_requests import restore_newest_link, write_link

T = TypeVar("T")


def sync_widget(key: str, value: T) -> T:
    """Give a widget its value before it is drawn; untouched where it already has it, so that nobody's typing is lost.

    Returns the value. The widget must also begin with it: a browser that was too busy to draw the first run sees only a
    later one, which carries no value but the widget's own first, and would send that back as if somebody had chosen it.
    """
    if key not in st.session_state:
        st.session_state[key] = value
    elif json.dumps(st.session_state[key]) != json.dumps(value):
        st.session_state.setdefault(Key.REPLACED, {})[key] = st.session_state[key]
        st.session_state[key] = value
    return value


def is_echo(*keys: str) -> bool:
    """Whether nobody changed the widget: a stale request that still carries the value that `sync_widget` has replaced."""
    late, replaced = restore_newest_link(), st.session_state.get(Key.REPLACED, {})
    return late and any(key in replaced and replaced[key] == st.session_state[key] for key in keys)


def read_choice(parameter: str, key: str, options: Collection[str], default: str | None) -> str | None:
    """A choice in the URL, shown by the widget with that key; the default where the URL has none of the options."""
    link_value = st.query_params.get(parameter)
    value = link_value if link_value in options else default
    sync_widget(key, value)
    return value


def write_choice(parameter: str, key: str, default: str | None) -> None:
    """The widget with that key changed: write its choice into the URL, or remove the parameter for the default."""
    if not is_echo(key):
        value = st.session_state[key]
        others = {name: text for name, text in st.query_params.items() if name != parameter}
        write_link(others if value == default else others | {parameter: value})
