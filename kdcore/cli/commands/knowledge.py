"""`knowledge`: what a run's networks, or trained teachers, answer about their images, compared."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kdcore.cli.command_parser import Commands, add_command, number_argument
from kdcore.cli.data_folder import data_folder
from kdcore.cli.open_runs import open_runs
from kdcore.cli.progress_bar import progress_bar
from kdcore.cli.run_lookup import find_run
from kdcore.cli.terminal import tell
from kdcore.cli.text_table import print_table
from kdcore.errors import RunRefused
from kdcore.experiment import FLAT_FIELDS, Experiment
from kdcore.faults.badge import badge
from kdcore.runs.run_record import Run
from kdcore.runs.runs_folder import runs_folder
from kdcore.translation import say

if TYPE_CHECKING:
    from kdcore.inference.models import InferenceModel

DEFAULT_TEMPERATURE = FLAT_FIELDS["temperature"].default


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "knowledge",
        show_knowledge,
        "Compare what a run's networks, or trained teachers, know.",
        examples=["RUN", "--teachers digits-mlp-300 --json"],
    )
    parser.add_argument("run", nargs="?", help="A run's id, or its first characters.")
    parser.add_argument(
        "--teachers", nargs="+", default=[], metavar="NAME", help="Trained teachers, beside the run or alone."
    )
    parser.add_argument(
        "--temperature",
        type=number_argument(float, "a number"),
        metavar="FLOAT",
        help="Default: the run's, else 4.",
    )
    parser.add_argument("--split", choices=("validation", "test"), default="test", help="Default: test.")


def show_knowledge(options: argparse.Namespace) -> int:
    """Ask the networks of a run, or trained teachers, about their images, and print what the answers say."""
    from kdcore.studies.knowledge_report import lines, refuse_different_images, report

    folder = runs_folder()
    run = find_run(open_runs(), options.run) if options.run or not options.teachers else None
    chosen = _chosen(run, options.teachers, folder)
    temperature = options.temperature
    if temperature is None:
        temperature = run.experiment.temperature if run else DEFAULT_TEMPERATURE
    Experiment().with_flat(temperature=temperature)  # refuses what is out of bounds
    refuse_different_images(chosen)
    _ask(chosen, folder)
    comparison = report(
        chosen, temperature, folder, split=options.split, results=run.results if run else None
    ) | {"run": run.id if run else None}
    marked = badge(run.experiment.fault) if run else ""
    if options.json:
        print(json.dumps(comparison | ({"fault": marked} if marked else {})))
    else:
        head, *rows = lines(comparison, say)
        print_table(head, rows)
        tell(marked, end="\n" if marked else "")
    return 0


def _chosen(run: Run | None, teachers: Sequence[str], folder: Path) -> list[InferenceModel]:
    """The run's networks, and the teachers as they are asked beside them."""
    from kdcore.inference import models

    chosen = models.of_run(run, folder) if run else []
    if run and not chosen:
        raise RunRefused(f"The run {run.id} is {run.status} and has no trained networks to ask.")
    for name in teachers:
        teacher = models.named(f"teacher:{name}", folder)
        chosen.append(models.with_transfer_of(chosen[0], teacher) if chosen else teacher)
    return chosen


def _ask(chosen: Sequence[InferenceModel], folder: Path) -> None:
    """Have the networks answer what they were not asked before, with a progress bar on stderr."""
    from kdcore.inference import network_outputs

    with progress_bar(unit="image") as bar:

        def tell(what: str, done: int, total: int) -> None:
            bar.set_description(what, refresh=False)
            bar.total = total
            bar.update(done - bar.n)

        network_outputs.compute_outputs(chosen, folder, data_folder=data_folder(), report=tell)
