"""`compress`: how small, compared with what: a run's networks beside int8 and pruning."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from kdcore.cli.command_parser import Commands, add_command
from kdcore.cli.data_folder import data_folder
from kdcore.cli.open_runs import open_runs
from kdcore.cli.progress_bar import progress_bar
from kdcore.cli.run_lookup import find_run
from kdcore.cli.text_table import print_table
from kdcore.faults.badge import badge

if TYPE_CHECKING:
    from kdcore.compression.small_network import SmallNetwork
    from kdcore.export.recorded_run import RecordedRun


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "compress",
        compress,
        "Compare a run's student with its teacher in 8-bit integers, and with its teacher pruned to the student's size.",
        examples=["RUN", "RUN --json"],
    )
    parser.add_argument("run", help="A run's id, or its first characters.")
    parser.add_argument("--again", action="store_true", help="Measure again what was measured before.")


def compress(options: argparse.Namespace) -> int:
    """Measure them all, and print what each errs and weighs and how long it takes."""
    from kdcore.compression import kept_comparison
    from kdcore.export import recorded_run

    store = open_runs()
    record = recorded_run.read(store, find_run(store, options.run).id)
    folder = store.run_folder(record.run.id)
    rows = [] if options.again else kept_comparison.kept(folder)
    if not rows:
        rows = _measured(record)
        kept_comparison.keep(folder, rows)
    marked = badge(record.run.experiment.fault)
    if options.json:
        told = {"run": record.run.id, "networks": [row.as_json() for row in rows]}
        print(json.dumps(told | ({"fault": marked} if marked else {})))
        return 0
    head = [
        "",
        "",
        f"errors of {rows[0].images:,}",
        "NLL",
        "weights",
        "kB",
        "kB packed",
        "ms for 1",
        "ms for 128",
    ]
    print_table(head, [_line(row) for row in rows])
    print(marked, end="\n" if marked else "")
    return 0


def _measured(record: RecordedRun) -> list[SmallNetwork]:
    """All networks, with a progress bar on stderr."""
    from kdcore.compression.size_comparison import compare_sizes
    from kdcore.compression.small_network import SmallNetwork

    rows: list[SmallNetwork] = []
    with progress_bar(total=1.0, bar_format="{desc} {percentage:3.0f} %") as bar:
        for found in compare_sizes(record, data_folder()):
            if isinstance(found, SmallNetwork):
                rows.append(found)
                continue
            bar.set_description(found.what.format(role=found.role), refresh=False)
            bar.n = found.done
            bar.update(0)
    return rows


def _line(row: SmallNetwork) -> list[str]:
    """A network's row."""
    one, many = (f"{1000 * seconds:.3g}" for seconds in row.seconds.values())
    sizes = (f"{size / 1000:,.1f}" for size in (row.bytes, row.packed))
    return [row.role, row.how, f"{row.errors:,}", f"{row.nll:.4f}", f"{row.weights:,}", *sizes, one, many]
