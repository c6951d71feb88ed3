"""What the list of runs shows of those that train or wait."""

from __future__ import annotations

from dashboard.components.runs_table_rows import status_text
from dashboard.data.active_runs import active_runs, active_state
from dashboard.data.run_progress import share_done
from dashboard.stream.page_snapshot import PageSnapshot
from kdcore.translation import speaking

PAUSE = 0.5


class ActiveRunsReader:
    """The list in one language."""

    pause = PAUSE

    def __init__(self, language: str) -> None:
        self._language = language

    def check(self) -> None:
        """There is always a list."""

    def read(self) -> PageSnapshot:
        """Each run's status in words, and the list's state."""
        runs = active_runs()
        with speaking(self._language):
            statuses = {
                run.id: status_text(run.status, share_done(run) if run.live else None) for run in runs
            }
        return PageSnapshot({"state": active_state(runs), "statuses": statuses})
