"""`sweep`: fields of an experiment varied over several seeds, all side by side."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from kdcore.cli.command_parser import Commands, add_command, number_argument
from kdcore.cli.data_folder import data_folder
from kdcore.cli.exit_codes import FAILED, INTERRUPTED
from kdcore.cli.experiment_flags import (
    add_experiment_flags,
    add_start_flags,
    experiment_from_flags,
    start_experiment,
)
from kdcore.cli.measurement_flags import add_seeds_flag
from kdcore.cli.open_runs import open_runs
from kdcore.cli.progress_bar import fetch_dataset, with_progress_bar
from kdcore.cli.stop_on_interrupt import StopOnInterrupt
from kdcore.cli.terminal import tell
from kdcore.cli.text_table import print_table
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store
from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.studies.sweep import Sweep
    from kdcore.studies.sweep_training import MemberRun


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "sweep",
        sweep,
        "Vary fields of an experiment over several seeds, all side by side; trains only what is missing.",
        examples=[
            "--vary temperature=1,2,4,8 --seeds 3 --count 100 --epochs 20",
            "--question which-temperature",
        ],
    )
    parser.add_argument(
        "--question",
        metavar="NAME",
        help="A ready-made sweep: which-temperature, how-long. Nothing else is then asked for.",
    )
    parser.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="FIELD=VALUES",
        help="A field and its values: temperature=1,2,4 or epochs=1..20; several of them make a grid.",
    )
    add_seeds_flag(parser, N_("Seeds of every setting. Default: 3."))
    parser.add_argument(
        "--sampler",
        choices=("grid", "random", "bayesian"),
        default="grid",
        help="Every combination, or --trials settings between the smallest and the largest values.",
    )
    parser.add_argument(
        "--trials",
        type=number_argument(int, "a whole number"),
        metavar="INT",
        default=20,
        help="Settings of a random or Bayesian sweep. Default: 20.",
    )
    add_start_flags(parser)
    add_experiment_flags(parser)


def sweep(options: argparse.Namespace) -> int:
    """Train what a sweep lacks, and print what its settings' errors support."""
    from kdcore.pipelines import checks
    from kdcore.studies.sweep_results import failure_lines, result_table, supported_sentence, sweep_json
    from kdcore.studies.sweep_training import experiments_to_check, failed_members, missing_jobs

    wanted = wanted_sweep(options)
    for setting in experiments_to_check(wanted):
        checks.check(setting, data_folder=data_folder(), runs_folder=runs_folder())
    fetch_dataset(wanted.base)
    store = open_runs()
    before = _count(_member_runs(wanted, store))
    _print_known(before, wanted.size if missing_jobs(wanted, store) else before)
    code = _train(wanted, store)
    trained = _member_runs(wanted, store)
    failed = failed_members(trained, store)
    if options.json:
        print(json.dumps(sweep_json(wanted, trained, _count(trained) - before, failed)))
    else:
        head, *lines = result_table(trained)
        print_table(head, lines)
        tell(supported_sentence(trained))
    for line in failure_lines(failed):
        tell(f"kdcore: {line}", aside=True)
    return code or (FAILED if failed else 0)


def wanted_sweep(options: argparse.Namespace) -> Sweep:
    """The sweep that the flags ask for.

    Raises:
        InvalidExperiment: a field or a value that a sweep does not take, or no such question.
    """
    from kdcore.studies.sweep import Sweep
    from kdcore.studies.sweep_questions import question
    from kdcore.studies.sweep_values import values_of

    if options.question:
        return question(options.question).sweep
    vary = dict(values_of(*text.partition("=")[::2]) for text in options.vary)
    base = experiment_from_flags(options, start_experiment(options))
    asked = {"base": base, "vary": vary, "seeds": options.seeds, "sampler": options.sampler}
    return Sweep.read(asked | {"trials": options.trials})


def _member_runs(wanted: Sweep, store: Store) -> list[MemberRun]:
    from kdcore.studies.sweep_training import known_members, member_runs

    return member_runs(known_members(wanted, store), store)


def _count(members: list[MemberRun]) -> int:
    return sum(member.run is not None for member in members)


def _print_known(known: int, wanted: int) -> None:
    if known == wanted:
        tell(f"All {wanted} students were trained before: nothing is trained again.", aside=True)
    elif known:
        tell(f"{known} of {wanted} students were trained before: the others are trained now.", aside=True)


def _train(wanted: Sweep, store: Store) -> int:
    """Train what is missing, up to the first run that does not finish; returns the exit code."""
    from kdcore.studies.sweep_training import train_missing

    for run in train_missing(
        wanted, store, data_folder=data_folder(), watch=with_progress_bar, around=StopOnInterrupt
    ):
        if run.status != "finished":
            tell(f"kdcore: the run {run.id} is {run.status}: {run.error}", aside=True)
            return INTERRUPTED if run.status == "stopped" else FAILED
    return 0
