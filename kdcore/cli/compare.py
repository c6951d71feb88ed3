"""`compare`: methods beside each other, on the same teacher, student, budget, seeds and batches."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from kdcore.cli.flags import add_experiment_flags, experiment_from, flags_of
from kdcore.cli.progress_bar import fetch, shown
from kdcore.cli.shared import Commands, data_folder, declare, print_table
from kdcore.experiment import Experiment
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = declare(
        commands,
        "compare",
        compare_methods,
        "Measure methods beside each other; goes on where it was stopped.",
    )
    parser.add_argument("--methods", default="all", help="Names with commas between them. Default: all.")
    parser.add_argument("--seeds", type=int, default=3, help="Seeds to measure with. Default: 3.")
    parser.add_argument("--out", type=Path, metavar="FILE", help="Write the measurements there as JSON.")
    add_experiment_flags(parser)


def compare_methods(options: argparse.Namespace) -> int:
    """Measure methods on the same teacher, student, budget, seeds and batches; 2 where none can run with these networks."""
    from kdcore.studies import method_comparison

    base = experiment_from(options, Experiment())
    names = method_comparison.chosen(options.methods)
    fetch(base)
    command = _command(base, options)
    rows: list[method_comparison.Row] = []
    for row in method_comparison.compare(
        base,
        names,
        options.seeds,
        Store(runs_folder()),
        data_folder=data_folder(),
        watch=shown,
        known=method_comparison.known_from(options.out, base),
    ):
        rows.append(row)
        print(f"{row.method}: {row.refused or f'{row.student} errors, twin {row.twin}'}", file=sys.stderr)
        if options.out:
            options.out.write_text(
                json.dumps(method_comparison.as_json(base, rows, command), indent=1) + "\n"
            )
    if options.json:
        print(json.dumps(method_comparison.as_json(base, rows, command)))
    else:
        head, *lines = method_comparison.table(rows)
        print_table(head, lines)
    return 2 if all(row.refused for row in rows) else 0


def _command(base: Experiment, options: argparse.Namespace) -> str:
    """The command that measures the same again, for the file."""
    return " ".join(
        [
            "python -m kdcore compare",
            *flags_of(base.with_flat(method=Experiment().method)),
            f"--methods {options.methods} --seeds {options.seeds}",
        ]
    )
