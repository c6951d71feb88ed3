"""`methods`: the ways to distil, with what can be set of each."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from kdcore.cli.shared import Commands, declare, print_table


def add(commands: Commands) -> None:
    """Declare the command."""
    declare(commands, "methods", show_methods, "List the ways to distil.")


def show_methods(options: argparse.Namespace) -> int:
    """List the methods' cards."""
    from kdcore.methods.registry import cards

    if options.json:
        print(json.dumps([asdict(card) for card in cards()]))
        return 0
    print_table(
        ["name", "title", "transfers", "source"],
        [[c.name, c.title, c.transfers, c.citation] for c in cards()],
    )
    for card in cards():
        for parameter in card.parameters:
            value = (
                parameter.choices[int(parameter.default)] if parameter.choices else f"{parameter.default:g}"
            )
            print(f"{card.name} --set {parameter.name}={value}  {parameter.help}")
    return 0
