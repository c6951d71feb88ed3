"""`python -m dashboard.handout RUN --out FILE`: the page of a finished run, made in a process of its own.

`python -m kdcore export RUN --as page` calls it. It reads the runs folder and starts nothing there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dashboard.data import torch_imports
from dashboard.handout.explorer import sets_of_run
from dashboard.handout.page import Handout
from dashboard.handout.replay import replay_of_record
from dashboard.handout.run_facts import run_facts
from kdcore.atomic_files import write_atomically
from kdcore.errors import StillroomError
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store
from kdcore.translation import speaking

REFUSED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="dashboard.handout", description=__doc__)
    parser.add_argument("run", help="The run's whole id.")
    parser.add_argument("--out", type=Path, required=True, help="The file to write.")
    parser.add_argument("--figure", default="", help="Only this figure.")
    parser.add_argument("--language", default="en", help="Of the page.")
    options = parser.parse_args(arguments)
    try:
        with speaking(options.language):
            write_atomically(options.out, _page(options.run, options.figure), durable=False)
    except StillroomError as error:
        print(error, file=sys.stderr)
        return REFUSED
    return 0


def _page(run_id: str, figure: str) -> str:
    torch_imports.warm_up().join()  # without them what a method learns from is not known
    store = Store(runs_folder())
    run = store.run(run_id)
    replay = replay_of_record(run, store.points(run_id), store.events(run_id))
    title, facts = run_facts(run)
    return Handout(title, facts, sets_of_run(run), replay, figure).html()


if __name__ == "__main__":
    sys.exit(main())
