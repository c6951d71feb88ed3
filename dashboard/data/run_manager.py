"""The process's manager of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdcore.classroom.start_rules import ClassRules
from kdcore.runs import manager as runs_manager

if TYPE_CHECKING:
    from kdcore.runs.manager import Manager


def manager() -> Manager:
    """The process's manager of runs: what its browsers start is asked for by the rules of their classes."""
    return runs_manager.manager(ClassRules())
