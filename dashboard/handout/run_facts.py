"""What a run's page says that it is of."""

from __future__ import annotations

import time

from dashboard.data import fault_cards, run_titles
from dashboard.data.run_progress import progress_text
from dashboard.text.translation import _
from kdcore.runs.run_record import Run


def run_facts(run: Run) -> tuple[str, list[str]]:
    """The title, and what stands below it."""
    data = run.results.get("dataset", {})
    day = time.strftime("%Y-%m-%d", time.gmtime(run.created))
    facts = [
        *([fault_cards.badge(run.experiment.fault)] if run.experiment.fault else []),
        _(str(data.get("title", run.experiment.dataset))),
        progress_text(run),
        day,
        _("run {id}").format(id=run.id),
    ]
    return run_titles.run_title(run), [fact for fact in facts if fact]
