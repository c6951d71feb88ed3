"""Handing an experiment to the manager: with the time that it will take, and whoever can stop it."""

from __future__ import annotations

from typing import Any

from dashboard.data import run_manager, time_estimate
from dashboard.session import is_anonymous
from kdcore.experiment import Experiment
from kdcore.runs.run_record import Run


def start_run(experiment: Experiment, browser: str, **how: Any) -> Run:
    """Queue a run of a browser's; takes what `Manager.submit` takes.

    Raises:
        StillroomError: the manager does not take it, in a sentence.
    """
    seconds = time_estimate.seconds(experiment)
    return run_manager.manager().submit(experiment, who_starts(browser), seconds=seconds, **how)


def who_starts(browser: str) -> str:
    """The owner of what the browser starts; empty where it has no cookie, and could stop nothing from its next tab."""
    return "" if is_anonymous(browser) else browser
