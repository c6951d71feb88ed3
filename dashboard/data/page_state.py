"""What of a run a page draws by its script: while it stays the same, the page is told all else by a stream."""

from __future__ import annotations

import zlib

from dashboard.data.curves import Curves
from dashboard.data.run_progress import is_paused, owners_other_run
from kdcore.runs.run_record import Run


def is_going_on(run: Run) -> bool:
    """Whether something of the run is still to come."""
    return run.live or run.status == "queued"


def page_state(run: Run, curves: Curves) -> str:
    """A short text that changes when the page has to be drawn anew: other buttons, other charts, an error, the end.

    Everybody who watches then asks for a script run, so that what a stream can bring is not in it.
    """
    parts: list[str] = [("paused" if is_paused(run) else "training") if run.live else run.status]
    if run.status == "queued" and owners_other_run(run):
        parts.append("behind another")
    if curves.roles("measured."):
        parts.append("measures")
    if run.error:
        parts.append(f"error {zlib.crc32(run.error.encode()):x}")
    return ", ".join(parts)
