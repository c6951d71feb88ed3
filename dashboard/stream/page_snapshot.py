"""What a page shows of something that goes on, at one moment: values by name, and the rows of its charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from dashboard.charts.curve_rows import ChartRows


@dataclass(frozen=True)
class PageSnapshot:
    """One moment.

    Attributes:
        values: JSON values by name: texts, HTML, a share.
        charts: the rows of each chart by its name.
        ended: whether nothing more will come.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    charts: Mapping[str, ChartRows] = field(default_factory=dict)
    ended: bool = False


class SnapshotReader(Protocol):
    """Reads what is watched. Called from one thread at a time."""

    def check(self) -> None:
        """Return where there is something to read.

        Raises:
            RunRefused: there is not.
        """
        ...

    def read(self) -> PageSnapshot | None:
        """The newest moment, None where nothing has changed since the last call.

        Raises:
            RunRefused: it does not exist, or not any more.
        """
        ...

    @property
    def pause(self) -> float:
        """Seconds until it is worth reading again."""
        ...
