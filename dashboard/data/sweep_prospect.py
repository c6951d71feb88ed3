"""What pressing Start would train of a sweep, what it would find again, and about how long that takes."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.data import run_manager, time_estimate
from dashboard.data.sweep_progress import SweepProgress
from kdcore.runs.run_record import Run, digest
from kdcore.studies.sweep import Sweep

RECENT = 100
"""Runs among which a browser's newest sweep is looked for."""
MOST_ESTIMATED = 20
"""Settings whose time is estimated one by one; of more, the mean of so many stands for all."""


@dataclass(frozen=True)
class SweepProspect:
    """What is left of a sweep.

    Attributes:
        found: students that were trained before, by whomever.
        missing: students that would be trained.
        seconds: about how long they would take one after the other; None where that is not known.
    """

    found: int
    missing: int
    seconds: float | None


def sweep_prospect(progress: SweepProgress) -> SweepProspect:
    """What Start would find and train."""
    found = progress.finished
    return SweepProspect(found, max(0, progress.sweep.size - found), _seconds(progress))


def _seconds(progress: SweepProgress) -> float | None:
    if progress.sweep.search is not None:
        experiments = [progress.sweep.base] * max(0, progress.sweep.size - progress.finished)
    else:
        experiments = [member.spec.experiment for member in progress.members if member.run is None]
    if not experiments:
        return 0.0
    asked = experiments[:: -(-len(experiments) // MOST_ESTIMATED)]
    times = [time_estimate.seconds(experiment) for experiment in asked]
    known = [time for time in times if time is not None]
    return len(experiments) * sum(known) / len(known) if len(known) == len(asked) else None


def longest_student(sweep: Sweep) -> float | None:
    """About how many seconds that student of the sweep trains which takes longest; None where that is not known.

    Students that share a loop train faster than one after the other, how much is seen only then: so no sum is refused.
    """
    experiments = (
        [sweep.base] if sweep.search is not None else [member.experiment for member in sweep.members]
    )
    times = [time_estimate.seconds(experiment) for experiment in experiments]
    return max((time for time in times if time is not None), default=None)


def is_of(owner: str, progress: SweepProgress) -> bool:
    """Whether this browser has trained any of the sweep's students, or has asked for them."""
    runs = [*progress.unfinished, *(member.run for member in progress.members if member.run is not None)]
    return any(run.owner == digest(owner) for run in runs)


def newest_own_sweep(owner: str) -> Run | None:
    """The run in which this browser trained several students of a sweep last; None where there is none."""
    newest = run_manager.manager().runs(owner=owner, limit=RECENT)
    return next((run for run in newest if run.sweep and run.has_members), None)
