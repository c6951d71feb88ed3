"""`reproduce`: a paper's figures, measured again and printed beside the paper's."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kdcore.atomic_files import write_atomically
from kdcore.cli.command_parser import Commands, add_command, number_argument
from kdcore.cli.data_folder import data_folder
from kdcore.cli.measurement_flags import add_measurements_flag
from kdcore.cli.open_runs import open_runs
from kdcore.cli.progress_bar import fetch_dataset, with_progress_bar
from kdcore.cli.terminal import tell
from kdcore.cli.text_table import print_table
from kdcore.studies.reproduction_registry import paper_names
from kdcore.texts import N_

HINTON = "hinton2015"
HINTON_SEEDS = 3


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "reproduce",
        reproduce,
        "Measure a paper's figures again; resumes where it was stopped.",
        examples=["mueller2019 --seeds 5 --out measured.json"],
    )
    parser.add_argument("paper", choices=(HINTON, *paper_names()), help="By its first author and year.")
    parser.add_argument(
        "--seeds",
        type=number_argument(int, N_("a whole number")),
        metavar="INT",
        help="Seeds of every student. Default: as many as its page has.",
    )
    add_measurements_flag(parser)


def reproduce(options: argparse.Namespace) -> int:
    """Measure a paper's figures again, and print them beside the paper's."""
    if options.paper == HINTON:
        return _hinton(options)
    from kdcore.studies import reproduction_report, reproduction_runs
    from kdcore.studies.reproduction_registry import papers

    paper = papers()[options.paper]
    fetch_dataset(paper.base)
    seeds = paper.seeds if options.seeds is None else options.seeds
    store = open_runs()
    for measured in reproduction_runs.measure(
        paper, seeds, store, data_folder=data_folder(), watch=with_progress_bar
    ):
        _write(options.out, reproduction_runs.as_json(measured))
    if options.json:
        print(json.dumps(reproduction_runs.as_json(measured)))
        return 0
    _print(reproduction_report.report(measured))
    return 0


def _hinton(options: argparse.Namespace) -> int:
    from kdcore.studies import hinton2015

    fetch_dataset(hinton2015.DISTILLED)
    seeds = HINTON_SEEDS if options.seeds is None else options.seeds
    measured = hinton2015.reproduce(open_runs(), seeds, data_folder=data_folder(), watch=with_progress_bar)
    _write(options.out, hinton2015.as_json(measured))
    if options.json:
        print(json.dumps(hinton2015.as_json(measured)))
        return 0
    _print(hinton2015.report(measured))
    return 0


def _write(out: Path | None, value: dict[str, Any]) -> None:
    """The measurements so far, in one piece: whatever stops the program leaves a whole file."""
    if out is not None:
        write_atomically(out, json.dumps(value, indent=1) + "\n")


def _print(parts: Iterable[list[list[str]] | str]) -> None:
    for part in parts:
        if isinstance(part, str):
            tell(f"{part}\n")
        else:
            head, *lines = part
            print_table(head, lines)
            print()
