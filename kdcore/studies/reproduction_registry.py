"""The papers of `reproductions/`, found by being there."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import cast

from kdcore.errors import RunRefused
from kdcore.studies import reproductions as folder
from kdcore.studies.reproduction import Paper


def paper_names() -> list[str]:
    """The papers that can be measured again, by name; imports none of them."""
    return sorted(file.name for file in pkgutil.iter_modules(folder.__path__))


@cache
def papers() -> dict[str, Paper]:
    """Every paper by its name, the oldest first."""
    found = (
        cast(Paper, importlib.import_module(f"{folder.__name__}.{name}").PAPER) for name in paper_names()
    )
    return {one.name: one for one in sorted(found, key=lambda one: (one.name[-4:], one.name))}


def paper(name: str) -> Paper:
    """The paper of that name.

    Raises:
        RunRefused: there is none.
    """
    try:
        return papers()[name]
    except KeyError:
        raise RunRefused(f"There is no reproduction '{name}'. There are: {', '.join(papers())}.") from None
