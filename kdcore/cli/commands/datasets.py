"""`datasets`: every dataset, and what is missing of it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from kdcore.cli.command_parser import Commands, add_command
from kdcore.cli.data_folder import data_folder
from kdcore.cli.terminal import tell
from kdcore.cli.text_table import print_table
from kdcore.texts import N_
from kdcore.translation import say


def add(commands: Commands) -> None:
    """Declare the command."""
    add_command(commands, "datasets", show_datasets, "List the datasets and what is missing.")


def show_datasets(options: argparse.Namespace) -> int:
    """List the datasets."""
    from kdcore.data import catalogue

    entries = catalogue.catalogue(data_folder())
    if options.json:
        print(json.dumps([asdict(entry) for entry in entries]))
        return 0
    rows = [
        [
            e.name,
            say(e.title),
            f"{e.channels} x {e.size or say(N_('any'))}",
            str(e.classes or ""),
            f"{e.images:,}",
            say(N_("here")) if e.available else e.why_not,
        ]
        for e in entries
    ]
    print_table(["name", "title", "channels x side", "classes", "images", "available"], rows)
    tell(f"\nThe data folder is {data_folder()}")
    return 0
