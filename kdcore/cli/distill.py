"""`distill`: one experiment, trained in this process and recorded as a run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from kdcore.cli.flags import add_experiment_flags, add_start_flags, experiment_from, start_of
from kdcore.cli.progress_bar import StopOnInterrupt, fetch, shown
from kdcore.cli.shared import INTERRUPTED, Commands, data_folder, declare, print_table
from kdcore.runs.run_record import Run
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store

OWNER = "shell"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = declare(
        commands, "distill", distil, "Train a teacher where needed, a twin and a distilled student."
    )
    add_start_flags(parser)
    add_experiment_flags(parser)


def distil(options: argparse.Namespace) -> int:
    """Run one experiment in this process, recorded as a run."""
    from kdcore.pipelines import checks

    experiment = experiment_from(options, start_of(options))
    checks.check(experiment, data_folder=data_folder(), runs_folder=runs_folder())
    fetch(experiment)
    store = Store(runs_folder())
    run = store.create(experiment, OWNER, title=options.preset or "", status="running")
    return carry_out(store, run.id, options.json)


def carry_out(store: Store, run_id: str, as_json: bool) -> int:
    """Train a run that is recorded, from its newest checkpoint where it has one, and print how it ended."""
    from kdcore.runs.run_training import train_run

    with StopOnInterrupt(store, run_id) as interrupt:
        run = train_run(store, run_id, data_folder=data_folder(), watch=shown)
    said = summary(run)
    if run.status not in ("finished", "stopped"):
        print(f"kdcore: {run.error}", file=sys.stderr)
    elif not as_json:
        print_results(run.id, run.results)
    if as_json:
        print(json.dumps(said))
    if interrupt.came:
        return INTERRUPTED
    return 0 if run.status == "finished" else 1


def summary(run: Run) -> dict[str, Any]:
    """What a script is told of a run."""
    return {
        "run_id": run.id,
        "status": run.status,
        "error": run.error,
        "device": run.device,
        "threads": run.results.get("threads", run.threads),
        "experiment": run.experiment.model_dump(mode="json"),
        "experiment_hash": run.hash,
        **{name: value for name, value in run.results.items() if name not in ("device", "threads")},
    }


def print_results(run_id: str, results: Mapping[str, Any]) -> None:
    """Print what the networks of a run make of the test images, and what it took."""
    if "student" not in results:
        print(f"run {run_id} was stopped before the students were trained")
        return
    rows = [
        [
            role,
            results[role]["network"],
            f"{results[role]['parameters']:,}",
            f"{results[role]['test_errors']}",
            f"{100 * (1 - results[role]['test_accuracy']):.2f} %",
            f"{results[role]['test_nll']:.4f}",
            f"{results[role]['test_ece']:.4f}",
        ]
        for role in results
        if isinstance(results[role], dict) and "test_errors" in results[role]
    ]
    images = results["student"]["test_images"]
    print_table(["", "network", "parameters", f"errors of {images:,}", "error", "NLL", "ECE"], rows)
    seconds = results["seconds"]
    print(f"run {run_id}: 1 seed; " + ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items()))
