"""A component as it stands on the page: its files, and what it draws in either theme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dashboard.components.browser_component import BrowserComponent
from dashboard.text.roles import Theme

Data = dict[str, Any]


@dataclass(frozen=True)
class MountedComponent:
    """One component.

    Attributes:
        component: its files.
        title: what a reader chooses it by where several stand in one place; empty where it stands alone.
        data: what it draws in both themes.
        themed: what of that is its own in each theme.
    """

    component: BrowserComponent
    data: Data
    themed: dict[Theme, Data] = field(default_factory=dict)
    title: str = ""


def in_both_themes(make: Callable[[Theme], Data]) -> dict[Theme, Data]:
    """What `make` returns in each theme."""
    return {"light": make("light"), "dark": make("dark")}
