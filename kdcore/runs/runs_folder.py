"""Where runs are kept: the runs folder, and each run's own folder of weights and checkpoints in it."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from kdcore.errors import RunRefused
from kdcore.installation import kept_in
from kdcore.texts import N_

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{21}")


def runs_folder() -> Path:
    """Where runs are kept: STILLROOM_RUNS, else `runs` in the checkout, or among the user's data where this is a package."""
    return kept_in("STILLROOM_RUNS", "runs")


def folder_of_run(runs_folder: Path, run_id: str) -> Path:
    """The run's own folder, which may not exist yet.

    Raises:
        RunRefused: this is not a run's id.
    """
    if not RUN_ID.fullmatch(run_id):
        raise unknown_run(run_id)
    return runs_folder / run_id


def new_run_id() -> str:
    """128 random bits: knowing the id is what lets one watch the run. It begins with a letter or digit, for the shell."""
    while not RUN_ID.fullmatch(run_id := secrets.token_urlsafe(16)):
        pass
    return run_id


def unknown_run(run_id: str) -> RunRefused:
    """The error for an id that no run has."""
    return RunRefused(
        N_(f"There is no run '{run_id[:40]}'. It may have been deleted, or its link was cut short.")
    )
