"""A recorded run, trained in this process instead of by a worker."""

from __future__ import annotations

import json
import sys

from kdcore.cli.data_folder import data_folder
from kdcore.cli.exit_codes import FAILED, INTERRUPTED
from kdcore.cli.progress_bar import with_progress_bar
from kdcore.cli.run_summary import print_results, run_json
from kdcore.cli.stop_on_interrupt import StopOnInterrupt
from kdcore.cli.terminal import told
from kdcore.runs.store import Store


def run_in_process(store: Store, run_id: str, as_json: bool) -> int:
    """Train a recorded run, from its newest checkpoint where it has one, and print how it ended; returns the exit code."""
    from kdcore.runs.run_training import train_run

    with StopOnInterrupt(store, run_id) as interrupt:
        run = train_run(store, run_id, data_folder=data_folder(), watch=with_progress_bar)
    if run.status not in ("finished", "stopped"):
        print(f"kdcore: {told(run.error)}", file=sys.stderr)
    elif not as_json:
        print_results(store, run)
    if as_json:
        print(json.dumps(run_json(run)))
    if interrupt.interrupted:
        return INTERRUPTED
    return 0 if run.status == "finished" else FAILED
