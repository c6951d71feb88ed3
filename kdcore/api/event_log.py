"""A run's events written into another tool's log: what is common to all tools."""

from __future__ import annotations

import math
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Literal

from kdcore.events import Entered, Event, Finished, curves
from kdcore.experiment import Experiment
from kdcore.pipelines.cohort_spec import CohortSpec
from kdcore.pipelines.varied_fields import setting_of
from kdcore.runs.run_record import Run

Ending = Literal["finished", "stopped", "failed"]
TESTED = ("test_errors", "test_accuracy", "test_nll", "test_ece", "parameters", "bytes")
"""What is logged at the end of each network that was tested."""
NOT_IN_NAMES = re.compile(r"[^\w./ -]")


class EventLog(ABC):
    """An `on_event` that logs a run in another tool: settings, curves by network, test figures, and how it ended.

    The runs of a sweep's loop are one run of the log, their students told apart by name. What the tool does not take is said once, as a
    warning, and the run goes on without its log.
    """

    tool = ""

    def __init__(self) -> None:
        self._open = False

    def begin(self, run: Run) -> None:
        """Begin to log this run: called before its first event."""
        settings = {"run": run.id, "hash": run.hash, **run.experiment.flat(), **_members(run)}
        self._try(lambda: self._begin(run.title or run.id[:6], settings))

    def __call__(self, event: Event) -> None:
        """Log an event that measures something, or that ends the run."""
        if not self._open:
            return
        if isinstance(event, Entered):
            experiment = Experiment.from_json(event.experiment)
            changed = {f"{event.role}.{name}": value for name, value in experiment.changes().items()}
            self._try(lambda: self._set(changed))
        values = {_name(role, series): value for role, series, value in curves(event) if math.isfinite(value)}
        if values:
            self._try(lambda: self._measure(values, event.step))  # type: ignore[union-attr]
        if isinstance(event, Finished):
            self._try(lambda: self._measure(_tested(event.results), None))
            self.end(event.status)

    def end(self, ending: Ending = "failed") -> None:
        """End the log of the run, where it has not ended before."""
        if self._open:
            self._open = False
            self._try(lambda: self._end(ending), again=False)

    @abstractmethod
    def _begin(self, name: str, settings: Mapping[str, Any]) -> None:
        """Open a run of the tool."""

    @abstractmethod
    def _set(self, settings: Mapping[str, Any]) -> None:
        """Note further settings of it."""

    @abstractmethod
    def _measure(self, values: Mapping[str, float], step: int | None) -> None:
        """Log values at a step of the training; at its end where None."""

    @abstractmethod
    def _end(self, ending: Ending) -> None:
        """Close it."""

    def _try(self, log: Any, again: bool = True) -> None:
        """Call the tool; where it fails the run goes on, unlogged."""
        try:
            log()
            self._open = again
        except Exception as error:
            self._open = False
            warnings.warn(
                f"{self.tool} does not take this run's log, and the run goes on without: {error}",
                stacklevel=4,
            )


def _members(run: Run) -> dict[str, Any]:
    """What tells the students of a sweep's loop apart: the fields that it varies, by the student's role."""
    entries = run.job.entries if isinstance(run.job, CohortSpec) else ()
    return {
        f"{entry.role}.{name}": value
        for entry in entries
        for name, value in setting_of(entry.experiment, run.varied).items()
    }


def _name(role: str, series: str) -> str:
    return NOT_IN_NAMES.sub("_", f"{role}/{series}")


def _tested(results: Mapping[str, Any]) -> dict[str, float]:
    """The test figures of every network; of a sweep's loop those of each student."""
    members = [one for one in results.get("members", ()) if one]
    if members:
        return {
            f"student-{i}/{name.removeprefix('student/')}": value
            for i, one in enumerate(members)
            for name, value in _tested(one).items()
            if name.startswith("student/")
        }
    return {
        _name(role, name): float(found[name])
        for role, found in results.items()
        if isinstance(found, dict) and "test_errors" in found
        for name in TESTED
        if name in found
    }
