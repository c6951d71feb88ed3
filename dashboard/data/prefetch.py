"""What is done for a recipe while it is only looked at, so that its run begins sooner."""

from __future__ import annotations

from dashboard.data import run_manager, time_estimate
from dashboard.data.start_run import who_starts
from kdcore.experiment import Experiment

LEAST_SECONDS = 0.5
"""That a run is spared."""
MOST_SECONDS = 20.0
"""Of work for somebody who may not press Train at all, and may press it when the work has just begun."""


def expect_run(experiment: Experiment, browser: str) -> None:
    """Tell the manager that a browser looks at this recipe, where reading its images and asking its teacher takes a while."""
    seconds = time_estimate.seconds_ahead(experiment)
    if seconds is not None and LEAST_SECONDS <= seconds <= MOST_SECONDS:
        run_manager.manager().prefetching.expect(experiment, who_starts(browser))
