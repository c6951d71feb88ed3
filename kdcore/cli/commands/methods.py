"""`methods`: the methods of distillation, and the settings of each."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from kdcore.cli.command_parser import Commands, add_command
from kdcore.cli.text_table import print_table
from kdcore.translation import say


def add(commands: Commands) -> None:
    """Declare the command."""
    add_command(
        commands,
        "methods",
        show_methods,
        "List the methods of distillation and their settings.",
        examples=["", "--json"],
    )


def show_methods(options: argparse.Namespace) -> int:
    """List the methods' cards."""
    from kdcore.methods.registry import cards

    if options.json:
        print(json.dumps([asdict(card) for card in cards()]))
        return 0
    print_table(
        ["name", "title", "transfers", "source"],
        [[c.name, say(c.title), say(c.transfers), c.citation] for c in cards()],
    )
    for card in cards():
        for parameter in card.parameters:
            value = (
                parameter.choices[int(parameter.default)] if parameter.choices else f"{parameter.default:g}"
            )
            print(f"{card.name} --set {parameter.name}={value}  {say(parameter.help)}")
    return 0
