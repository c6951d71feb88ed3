"""`python -m kdcore` in a process of its own, as a page asks for it: what it needs is imported there and not in the server."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from kdcore.data import catalogue
from kdcore.errors import RunRefused
from kdcore.runs.runs_folder import runs_folder
from kdcore.system.module_process import run_module
from kdcore.texts import N_

ENDED = N_("The process that was to do this ended: it may need more memory than there is here.")
REFUSAL, PLACE = "kdcore: ", " It is about /"
"""How a refusal begins in the shell, and how the place is said that a page keeps to itself."""


def printed(arguments: Sequence[str], *, patience: float, too_long: str) -> str:
    """What the command prints. patience: seconds.

    Raises:
        RunRefused: the command's own sentence, or that it ended without one; `too_long` where it was not patient enough.
    """
    settings = {"STILLROOM_RUNS": str(runs_folder()), "STILLROOM_DATA": str(catalogue.data_folder())}
    settings |= {"LC_ALL": "C", "LANGUAGE": ""}  # what it refuses is translated on the page
    try:
        done = run_module("kdcore", arguments, settings=settings, patience=patience)
    except subprocess.TimeoutExpired as error:
        raise RunRefused(too_long) from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        said = last.removeprefix(REFUSAL).partition(PLACE)[0] if last.startswith(REFUSAL) else ENDED
        raise RunRefused(said)
    return done.stdout
