"""`faults`: the mistakes that a run can have on purpose."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from kdcore.cli.command_parser import Commands, add_command
from kdcore.cli.text_table import print_table


def add(commands: Commands) -> None:
    """Declare the command."""
    add_command(commands, "faults", show_faults, "List the mistakes that a run can have on purpose.")


def show_faults(options: argparse.Namespace) -> int:
    """List the faults' cards."""
    from kdcore.faults.registry import faults

    cards = [fault.CARD for fault in faults().values()]
    if options.json:
        print(json.dumps([asdict(card) for card in cards]))
        return 0
    print_table(["name", "title", "mend"], [[card.name, card.title, card.mend] for card in cards])
    print(
        "python -m kdcore distill --fault NAME makes one; --fault ?7 is the riddle of seed 7: one of them, or none."
    )
    return 0
