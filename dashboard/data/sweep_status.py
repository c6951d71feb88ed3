"""How far a sweep is, in words and as a share, and when its page has to be drawn anew."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from dashboard.data import sweep_progress
from dashboard.data.run_progress import is_paused, progress_text, share_done
from dashboard.data.sweep_progress import SweepProgress
from dashboard.text.translation import _, ngettext
from kdcore.runs.run_record import RESUMABLE, Run
from kdcore.texts import N_

ENDED_AS = {
    "stopped": N_("stopped before its end; it can resume from there"),
    "failed": N_("failed"),
    "lost": N_("interrupted; it can resume from its last checkpoint"),
    "parked": N_("paused for so long that it lost its slot; it can resume from its checkpoint"),
}


def active_runs_of(progress: SweepProgress) -> list[Run]:
    """The runs of the sweep that train or wait."""
    return [run for run in progress.unfinished if run.live or run.status == "queued"]


def sweep_state(progress: SweepProgress, drawn: object) -> str:
    """A short text that changes when the page has to be drawn anew: other buttons, an error, a finished member, the end.

    drawn: what the page draws besides that only its script can draw.
    """
    runs = [(run.id, run.status, is_paused(run), run.error) for run in progress.unfinished]
    parts = (runs, progress.finished, progress.complete, progress.pruned, progress.started > 0, drawn)
    return f"{zlib.crc32(repr(parts).encode()):x}"


def sweep_share_done(progress: SweepProgress, active: Sequence[Run]) -> float:
    """The share of the sweep's students that is trained, those in training by their steps."""
    training = sum(
        len(sweep_progress.entries_of(run)) * share_done(run)
        for run in active
        if run.live and run.phase == "students"
    )
    return min(1.0, (progress.finished + training) / max(1, len(progress.members)))


def sweep_status_text(progress: SweepProgress, active: Sequence[Run]) -> str:
    """How many students are trained, and what is going on or how the sweep was left."""
    total = len(progress.members)
    trained = ngettext("{n} of {all} student trained", "{n} of {all} students trained", total)
    trained = trained.format(n=progress.finished, all=total)
    current = next((run for run in active if run.live), active[0] if active else None)
    if current is not None:
        beside = _side_by_side(len(sweep_progress.entries_of(current))) if current.live else ""
        return " · ".join(
            filter(None, [trained if progress.finished else "", beside, progress_text(current)])
        )
    if (ended := _ended_early(progress)) is not None:
        return " · ".join(filter(None, [trained, _(ENDED_AS.get(ended.status, ""))]))
    if progress.complete or not progress.finished:
        return trained if progress.finished else _("not started")
    there = ngettext(
        "{n} of {all} student trained before; not started",
        "{n} of {all} students trained before; not started",
        total,
    )
    return there.format(n=progress.finished, all=total)


def _side_by_side(n: int) -> str:
    return _("{n} students side by side").format(n=n) if n > 1 else ""


def _ended_early(progress: SweepProgress) -> Run | None:
    """The newest run of the sweep that was left before its end; None where all members are there anyway."""
    if progress.complete:
        return None
    return next((run for run in progress.unfinished if run.status in RESUMABLE), None)
