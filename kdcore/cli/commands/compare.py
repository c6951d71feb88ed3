"""`compare`: methods beside each other, on the same teacher, student, budget, seeds and batches."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING, Any

from kdcore.cli.command_parser import Commands, add_command
from kdcore.cli.data_folder import data_folder
from kdcore.cli.exit_codes import REFUSED
from kdcore.cli.experiment_flags import add_experiment_flags, experiment_from_flags, flags_of
from kdcore.cli.measurement_flags import add_measurements_flag, add_seeds_flag
from kdcore.cli.open_runs import open_runs
from kdcore.cli.progress_bar import fetch_dataset, with_progress_bar
from kdcore.cli.terminal import tell
from kdcore.cli.text_table import print_table
from kdcore.experiment import Experiment
from kdcore.texts import MARK, N_

if TYPE_CHECKING:
    from kdcore.studies.converged_budget import ConvergedBudget
    from kdcore.studies.method_comparison import Row


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "compare",
        compare_methods,
        "Measure methods beside each other; resumes where it was stopped.",
        examples=["--methods soft-targets --seeds 3 --dataset digits --count 100 --epochs 20"],
    )
    parser.add_argument("--methods", default="all", help="Names separated by commas. Default: all.")
    parser.add_argument(
        "--converged",
        action="store_true",
        help="First find the budget at which the twin has converged, and then a learning rate for each method.",
    )
    add_seeds_flag(parser, N_("Seeds to measure with. Default: 3."))
    add_measurements_flag(parser)
    add_experiment_flags(parser)


def compare_methods(options: argparse.Namespace) -> int:
    """Measure methods on the same teacher, student, budget, seeds and batches; refused where none can run with these networks."""
    from kdcore.studies import converged_comparison, method_comparison
    from kdcore.studies.sound_only import refuse_fault

    asked = base = experiment_from_flags(options, Experiment())
    refuse_fault(base)
    names = method_comparison.chosen(options.methods)
    fetch_dataset(base)
    budget = None
    if options.converged:
        budget = method_comparison.known_budget(options.out, base) or _find_budget(base, options.seeds)
        base = converged_comparison.at_budget(base, budget.chosen)
    rows = {row.method: row for row in method_comparison.known_from(options.out, base)}
    command = _command(asked, {*rows, *names}, options)

    def keep() -> dict[str, Any]:
        told = method_comparison.as_json(base, list(rows.values()), command, budget)
        if options.out:
            options.out.write_text(json.dumps(told, indent=1) + "\n")
        return told

    told = keep()
    for row in _measured(base, names, list(rows.values()), options):
        rows[row.method] = row
        tell(row.refused or f"{row.method}: {row.student} errors, twin {row.twin}", aside=True)
        told = keep()
    if options.json:
        print(json.dumps(told))
    else:
        _print(base, list(rows.values()), budget)
    return REFUSED if all(rows[name].refused for name in names) else 0


def _print(base: Experiment, rows: list[Row], budget: ConvergedBudget | None) -> None:
    from kdcore.studies import converged_report, method_comparison

    head, *lines = method_comparison.table(rows)
    marked = method_comparison.uncalibrated_methods(base, rows)
    print_table(head, [[f"{n} {MARK}" if n in marked else n, *cells] for n, *cells in lines])
    tell("\n".join(method_comparison.uncalibrated_notes(base, rows)), end="\n" if marked else "")
    if budget is not None:
        print_table(*_parts(converged_report.evidence(budget)))
        tell(converged_report.conclusion(budget))
        print_table(*_parts(converged_report.details(rows)))


def _parts(lines: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    return lines[0], lines[1:]


def _find_budget(base: Experiment, seeds: int) -> ConvergedBudget:
    from kdcore.studies.converged_budget import find_budget

    budget = find_budget(base, seeds, open_runs(), data_folder=data_folder(), watch=with_progress_bar)
    for one in budget.tried:
        tell(
            f"{one.epochs} epochs at {one.rate:g}: {one.mean:.1f} ± {one.spread:.1f} validation errors of the twin",
            aside=True,
        )
    if not budget.converged:
        tell("The twin has not converged at the longest budget that is tried.", aside=True)
    return budget


def _measured(
    base: Experiment, names: Sequence[str], known: Sequence[Row], options: argparse.Namespace
) -> Iterator[Row]:
    """The rows, at the converged budget or at the one that was given."""
    from kdcore.studies import method_comparison
    from kdcore.studies.converged_comparison import ConvergedComparison

    store, folder = open_runs(), data_folder()
    if options.converged:
        comparison = ConvergedComparison(base, options.seeds, store, folder, with_progress_bar)
        return comparison.rows(names, known)
    return method_comparison.compare(
        base, names, options.seeds, store, data_folder=folder, watch=with_progress_bar, known=known
    )


def _command(base: Experiment, names: Set[str], options: argparse.Namespace) -> str:
    """The command that measures the same again, for the file. names: of all its methods."""
    from kdcore.studies import method_comparison

    measured = "all" if names >= {*method_comparison.chosen("all")} else ",".join(sorted(names))
    return " ".join(
        [
            "python -m kdcore compare",
            *flags_of(base.with_flat(method=Experiment().method)),
            *(["--converged"] if options.converged else []),
            f"--methods {measured} --seeds {options.seeds}",
        ]
    )
