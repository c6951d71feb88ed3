"""`completion`: what makes a shell complete commands and flags."""

from __future__ import annotations

import argparse
import json

from kdcore.cli.command_parser import Commands, add_command
from kdcore.cli.shell_completion import SHELLS, completion_script

PROGRAM = "stillroom"
"""Shells complete what a program of one word is given: `python -m kdcore` is none."""


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "completion",
        show_completion,
        "Print what makes a shell complete the commands and flags of stillroom.",
        examples=["bash > ~/.local/share/bash-completion/completions/stillroom", "fish"],
    )
    parser.add_argument("shell", choices=SHELLS, help="Where to put it: docs/shell.md.")
    parser.set_defaults(every_command=commands.choices)


def show_completion(options: argparse.Namespace) -> int:
    """Print the script for a shell."""
    script = completion_script(options.shell, PROGRAM, options.every_command)
    print(json.dumps({"shell": options.shell, "script": script}) if options.json else script, end="\n")
    return 0
