"""The command line: `python -m kdcore COMMAND`; each command is in the file of its name in `commands/`.

Tables for people on stdout, progress and errors on stderr; with `--json` the last line of stdout is one JSON value.
The exit codes are in `exit_codes`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from kdcore.cli.command_parser import CommandParser
from kdcore.cli.commands import (
    compare,
    compress,
    datasets,
    distill,
    export,
    faults,
    grade,
    hand_in,
    knowledge,
    methods,
    networks,
    presets,
    reproduce,
    runs,
    sweep,
    teach,
)
from kdcore.cli.exit_codes import FAILED, INTERRUPTED, REFUSED
from kdcore.cli.terminal import terminal_language, told, translate_help
from kdcore.errors import StillroomError
from kdcore.system.allocator import PASSIVE_WAITING, keep_freed_memory
from kdcore.system.environment import check_pair
from kdcore.translation import ENGLISH, speaking, spoken_language

COMMANDS = (
    distill,
    teach,
    datasets,
    networks,
    methods,
    faults,
    compare,
    compress,
    sweep,
    presets,
    reproduce,
    runs,
    export,
    knowledge,
    hand_in,
    grade,
)
"""In the order in which `--help` lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    with speaking(terminal_language()):
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    options = build_parser().parse_args(arguments)
    for name, value in PASSIVE_WAITING.items():
        os.environ.setdefault(name, value)
    keep_freed_memory()
    try:
        check_pair()
        return int(options.command(options))
    except StillroomError as error:
        print(f"kdcore: {told(error.in_the_shell)}", file=sys.stderr)
        return REFUSED
    except BrokenPipeError:
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def build_parser() -> argparse.ArgumentParser:
    """The parser with every command."""
    parser = argparse.ArgumentParser("python -m kdcore", description="Knowledge distillation from the shell.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=CommandParser)
    for command in COMMANDS:
        command.add(commands)
    if spoken_language() not in ("", ENGLISH):
        translate_help(parser)
    return parser
