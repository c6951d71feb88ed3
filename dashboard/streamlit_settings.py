"""Streamlit's settings, from streamlit.toml beside this file: the same from whatever folder the server is started."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from streamlit import config

FILE = Path(__file__).with_name("streamlit.toml")


def settings() -> dict[str, Any]:
    """Each setting under its dotted name; whoever hands them over overrules the user's files and environment."""
    return dict(_flat(tomllib.loads(FILE.read_text(encoding="utf-8"))))


def apply() -> None:
    """Set them in this process, for pages that are drawn without a server."""
    for name, value in settings().items():
        config.set_option(name, value)


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
