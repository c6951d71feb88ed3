"""Runs that were handed in, trained again on this machine, or found where they were trained before."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kdcore.classroom.judging import JudgedRun
from kdcore.errors import RunRefused, StillroomError
from kdcore.events import Event
from kdcore.runs.store import Store
from kdcore.studies.preset_verification import finished_run
from kdcore.texts import N_

NEAR_ERRORS, NEAR_SHARE, NEAR_NLL = 3, 0.01, 0.05
"""Another machine sums in another order: errors may differ by three images or a hundredth of them, NLL by a twentieth."""
Watch = Callable[[Iterable[Event]], Iterable[Event]]


class TimeToTrainAgain:
    """The minutes that training again may take, of one run and of all; runs that were found take none.

    minutes: of one run, 0 for as long as it takes. in_all: of all together, likewise.
    """

    def __init__(
        self, minutes: float = 0, in_all: float = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.minutes, self.in_all, self._clock = minutes, in_all, clock
        self.spent = 0.0
        self._began = 0.0

    def watch(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events of a run that trains, until its time is over.

        Raises:
            RunRefused: it is.
        """
        self._began = self._clock()
        try:
            for event in events:
                self._refuse()
                yield event
        finally:
            self.spent += self._clock() - self._began

    def _refuse(self) -> None:
        now = self._clock() - self._began
        if self.minutes and now > 60 * self.minutes:
            raise RunRefused(
                f"Training it again took longer than {self.minutes:g} minutes. Allow more with --minutes, or train it by itself."
            )
        if self.in_all and self.spent + now > 60 * self.in_all:
            raise RunRefused(
                f"Training all hand-ins again took longer than {self.in_all:g} minutes. Grade again to go on: what was trained is found."
            )


def trained_again(
    run: JudgedRun,
    store: Store,
    *,
    data_folder: Path,
    watch: Watch = iter,
    bound: TimeToTrainAgain | None = None,
) -> JudgedRun:
    """The run with the figures that training gives here, found by its hash where it was trained before.

    A run that cannot be trained here, or in the time that there is, counts for nothing, and says why.
    """
    if run.problem or run.experiment is None:
        return run
    title = f"handed in: {run.run.id}"
    bounded: Watch = watch if bound is None else (lambda events: watch(bound.watch(events)))
    try:
        again = finished_run(run.experiment, title, store, data_folder, bounded)
    except StillroomError as error:
        return replace(
            run, networks={}, problem=N_(f"it could not be trained again: {str(error).rstrip('.')}")
        )
    found: dict[str, dict[str, Any]] = {
        role: figures for role, figures in again.results.items() if isinstance(figures, dict)
    }
    return replace(
        run,
        networks={
            role: {name: value for name, value in figures.items() if type(value) in (int, float)}
            for role, figures in found.items()
            if "test_errors" in figures
        },
    )


def differences_found(again: JudgedRun) -> list[str]:
    """Where the record that was handed in says something else than training again, in sentences."""
    found = []
    for role, now in again.networks.items():
        before = again.run.networks.get(role)
        if before is None:
            found.append(N_(f"Run {again.short_id}: its record has no {role}."))
            continue
        images = now["test_images"]
        allowed = max(NEAR_ERRORS, NEAR_SHARE * images)
        if abs(before.get("test_errors", -images) - now["test_errors"]) > allowed:
            found.append(
                N_(
                    f"Run {again.short_id}: its record says {before.get('test_errors', 'no')} errors of the {role}, trained again it makes {now['test_errors']}."
                )
            )
        elif abs(before.get("test_nll", -1.0) - now["test_nll"]) > NEAR_NLL * max(now["test_nll"], 0.1):
            found.append(
                N_(
                    f"Run {again.short_id}: its record says an NLL of {before.get('test_nll', 0):.4g} of the {role}, trained again it has {now['test_nll']:.4g}."
                )
            )
    return found
