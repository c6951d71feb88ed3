"""`reproduce`: a paper's figures, measured again and printed beside the paper's."""

from __future__ import annotations

import argparse
import json

from kdcore.cli.command_parser import Commands, add_command
from kdcore.cli.data_folder import data_folder
from kdcore.cli.measurement_flags import add_measurements_flag, add_seeds_flag
from kdcore.cli.progress_bar import fetch_dataset, with_progress_bar
from kdcore.cli.text_table import print_table
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands, "reproduce", reproduce, "Measure a paper's figures again; resumes where it was stopped."
    )
    parser.add_argument("paper", choices=("hinton2015",), help="Hinton, Vinyals and Dean 2015, section 3.")
    add_seeds_flag(parser, "Seeds of every student.")
    add_measurements_flag(parser)


def reproduce(options: argparse.Namespace) -> int:
    """Measure a paper's figures again, and print them beside the paper's."""
    from kdcore.studies import hinton2015

    fetch_dataset(hinton2015.DISTILLED)
    measured = hinton2015.reproduce(
        Store(runs_folder()), options.seeds, data_folder=data_folder(), watch=with_progress_bar
    )
    if options.out:
        options.out.write_text(json.dumps(hinton2015.as_json(measured), indent=1) + "\n")
    if options.json:
        print(json.dumps(hinton2015.as_json(measured)))
        return 0
    for part in hinton2015.report(measured):
        if isinstance(part, str):
            print(f"{part}\n")
        else:
            head, *lines = part
            print_table(head, lines)
            print()
    return 0
