"""How a command is declared, and the parser that reads its arguments and flags."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""Where a command is added."""


class CommandParser(argparse.ArgumentParser):
    """Takes flags before, between and after the positional arguments, also where one of them is optional."""

    _mixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, with flags and positional arguments in any order."""
        # parse_known_intermixed_args calls this method in turn.
        if self._mixing:
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False


def add_command(
    commands: Commands, name: str, function: Callable[[argparse.Namespace], int], help: str
) -> argparse.ArgumentParser:
    """Add a command that `function` carries out, which returns the exit code; returns the parser, for the command's flags."""
    parser = commands.add_parser(name, help=help, description=help)
    parser.add_argument("--json", action="store_true", help="Print one JSON value as the last line.")
    parser.set_defaults(command=function)
    return parser
