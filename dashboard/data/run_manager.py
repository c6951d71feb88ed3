"""The process's manager of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdcore.runs import manager as runs_manager

if TYPE_CHECKING:
    from kdcore.runs.manager import Manager


def manager() -> Manager:
    """The process's manager of runs."""
    return runs_manager.manager()
