"""What a manager asks of the place where runs are trained. What they say and are told goes through the store."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from kdcore.experiment import Experiment


class EndedTrainer(NamedTuple):
    """A trainer that is gone: its run, and its exit code (negative: the signal that killed it)."""

    run_id: str
    code: int


class Engine(Protocol):
    """Trains runs. Not safe for threads: one manager uses it."""

    @property
    def slots(self) -> int:
        """How many runs it can train at once now, unless the user says another number.

        Raises:
            OutOfResources: none, and what to do about it.
        """
        ...

    @property
    def runs(self) -> list[str]:
        """The runs that were started here and have not ended."""
        ...

    def start(self, run_id: str, slots: int, experiment: Experiment | None = None) -> None:
        """Have a run trained; who trains it claims it, unless as many as `slots` are live by then.

        experiment: what it trains, where that can be read: it may have been prefetched for.
        """
        ...

    def ended(self) -> list[EndedTrainer]:
        """The runs that are trained here no more, since the last call."""
        ...

    def cancel(self, run_id: str) -> None:
        """Have a run's trainer write a checkpoint and go."""
        ...

    def keep_spare(self) -> None:
        """See to it that the next run can start at once."""
        ...

    def prefetch(self, experiment: Experiment | None) -> None:
        """Do, while nothing trains, what a run of this experiment would begin with; None: no run is expected any more."""
        ...

    def close(self, wait: float) -> list[EndedTrainer]:
        """End all trainers: `wait` seconds to go by themselves, then by force. Returns who is gone."""
        ...
