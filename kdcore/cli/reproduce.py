"""`reproduce`: a paper's figures, measured again and printed beside the paper's."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from kdcore.cli.progress_bar import fetch, shown
from kdcore.cli.shared import Commands, data_folder, declare, print_table
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = declare(
        commands, "reproduce", reproduce, "Measure a paper's figures again; goes on where it was stopped."
    )
    parser.add_argument("paper", choices=("hinton2015",), help="Hinton, Vinyals and Dean 2015, section 3.")
    parser.add_argument("--seeds", type=int, default=3, help="Seeds of every student. Default: 3.")
    parser.add_argument("--out", type=Path, metavar="FILE", help="Write the measurements there as JSON.")


def reproduce(options: argparse.Namespace) -> int:
    """Measure a paper's figures again, and print them beside the paper's."""
    from kdcore.studies import hinton2015

    fetch(hinton2015.DISTILLED)
    measured = hinton2015.reproduce(
        Store(runs_folder()), options.seeds, data_folder=data_folder(), watch=shown
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
