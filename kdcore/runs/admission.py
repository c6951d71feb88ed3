"""Whether a server takes a run: somebody who could stop it must ask for it, and there must be time and space for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kdcore.errors import RunRefused
from kdcore.runs import free_space
from kdcore.runs.queue_limits import NO_RULES, QueueLimits
from kdcore.runs.start_rules import StartRules
from kdcore.texts import N_

NOBODY = N_(
    "Your browser has not told this server who it is, so nobody could stop your run. "
    "Allow cookies for this page and load it again; then start the run."
)


class Admission:
    """What is checked before a run is queued, and before it begins."""

    def __init__(self, folder: Path, limits: QueueLimits | None = None, rules: StartRules = NO_RULES) -> None:
        """`limits`: as the environment says them where None.

        Raises:
            OutOfResources: a setting in the environment is not understood.
        """
        self.folder, self.limits = folder, replace(limits or QueueLimits.from_environment(), rules=rules)
        self._least = free_space.floor()

    def check(self, owner: str, seconds: float | None = None) -> None:
        """Refuse what may not be queued. seconds: about how long it will train, where that is known.

        Raises:
            RunRefused: there is no owner, or it would take too long.
            OutOfResources: the disk is nearly full.
        """
        if not owner:
            raise RunRefused(NOBODY)
        self.limits.refuse_long(seconds)
        self.check_space()

    def check_space(self) -> None:
        """Refuse to begin anything while the disk is nearly full.

        Raises:
            OutOfResources: it is.
        """
        free_space.refuse_low_space(self.folder, self._least)
