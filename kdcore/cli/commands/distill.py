"""`distill`: one experiment, trained in this process and recorded as a run."""

from __future__ import annotations

import argparse
import sys

from kdcore.cli.budget_sentence import budget_sentence
from kdcore.cli.command_parser import Commands, add_command
from kdcore.cli.data_folder import data_folder
from kdcore.cli.experiment_flags import (
    add_experiment_flags,
    add_start_flags,
    experiment_from_flags,
    start_experiment,
)
from kdcore.cli.open_runs import open_runs
from kdcore.cli.progress_bar import fetch_dataset
from kdcore.cli.run_in_process import run_in_process
from kdcore.runs.runs_folder import runs_folder

OWNER = "shell"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "distill",
        distil,
        "Train a teacher where needed, a twin and a distilled student.",
        examples=[
            "--preset digits-100",
            "--dataset digits --count 100 --student mlp-30 --temperature 8 --epochs 20 --seed 1 --json",
        ],
    )
    add_start_flags(parser)
    add_experiment_flags(parser)


def distil(options: argparse.Namespace) -> int:
    """Run one experiment in this process, recorded as a run."""
    from kdcore.pipelines import checks

    experiment = experiment_from_flags(options, start_experiment(options))
    checks.check(experiment, data_folder=data_folder(), runs_folder=runs_folder())
    fetch_dataset(experiment)
    print(budget_sentence(experiment, data_folder()), file=sys.stderr)
    store = open_runs()
    run = store.create(experiment, OWNER, title=options.preset or "", status="running")
    return run_in_process(store, run.id, options.json)
