"""`sweep`: fields of an experiment varied over several seeds, all side by side."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from kdcore.cli.flags import add_experiment_flags, add_start_flags, experiment_from, start_of
from kdcore.cli.progress_bar import StopOnInterrupt, fetch, shown
from kdcore.cli.shared import INTERRUPTED, Commands, data_folder, declare, print_table
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store

if TYPE_CHECKING:
    from kdcore.studies.sweep import Sweep
    from kdcore.studies.sweep_training import MemberRun


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = declare(
        commands,
        "sweep",
        sweep,
        "Vary fields of an experiment over several seeds, all side by side; trains only what is missing.",
    )
    parser.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="FIELD=VALUES",
        help="A field and its values: temperature=1,2,4 or epochs=1..20; several of them make a grid.",
    )
    parser.add_argument("--seeds", type=int, default=3, help="Seeds of every setting. Default: 3.")
    parser.add_argument(
        "--sampler",
        choices=("grid", "random", "bayesian"),
        default="grid",
        help="Every combination, or --trials settings between the smallest and the largest values.",
    )
    parser.add_argument(
        "--trials", type=int, default=20, help="Settings of a random or Bayesian sweep. Default: 20."
    )
    add_start_flags(parser)
    add_experiment_flags(parser)


def sweep(options: argparse.Namespace) -> int:
    """Train what a sweep lacks, and print what its settings' errors support."""
    from kdcore.pipelines import checks
    from kdcore.studies.sweep import Sweep
    from kdcore.studies.sweep_results import result_table, supported_sentence, sweep_json
    from kdcore.studies.sweep_training import experiments_to_check, missing_jobs
    from kdcore.studies.sweep_values import values_of

    vary = dict(values_of(*text.partition("=")[::2]) for text in options.vary)
    base = experiment_from(options, start_of(options))
    asked = {"base": base, "vary": vary, "seeds": options.seeds, "sampler": options.sampler}
    wanted = Sweep.read(asked | {"trials": options.trials})
    for setting in experiments_to_check(wanted):
        checks.check(setting, data_folder=data_folder(), runs_folder=runs_folder())
    fetch(base)
    store = Store(runs_folder())
    before = _count(_found(wanted, store))
    _say_what_is_there(before, wanted.size if missing_jobs(wanted, store) else before)
    code = _train(wanted, store)
    trained = _found(wanted, store)
    if options.json:
        print(json.dumps(sweep_json(wanted, trained, _count(trained) - before)))
    else:
        head, *lines = result_table(trained)
        print_table(head, lines)
        print(supported_sentence(trained))
    return code


def _found(wanted: Sweep, store: Store) -> list[MemberRun]:
    from kdcore.studies.sweep_training import known_members, member_runs

    return member_runs(known_members(wanted, store), store)


def _count(found: list[MemberRun]) -> int:
    return sum(f.run is not None for f in found)


def _say_what_is_there(there: int, wanted: int) -> None:
    if there == wanted:
        print(f"All {wanted} students were trained before: nothing is trained again.", file=sys.stderr)
    elif there:
        print(
            f"{there} of {wanted} students were trained before: the others are trained now.", file=sys.stderr
        )


def _train(wanted: Sweep, store: Store) -> int:
    """Train what is missing, up to the first run that does not finish; returns the exit code."""
    from kdcore.studies.sweep_training import train_missing

    for run in train_missing(wanted, store, data_folder=data_folder(), watch=shown, around=StopOnInterrupt):
        if run.status != "finished":
            print(f"kdcore: the run {run.id} is {run.status}: {run.error}", file=sys.stderr)
            return INTERRUPTED if run.status == "stopped" else 1
    return 0
