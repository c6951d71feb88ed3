"""The command line: `python -m kdcore COMMAND`; each command stands in the file of its name in this folder.

Tables for people on stdout, progress and errors on stderr; with `--json` the last line of stdout is one JSON value.
Exit code 2: refused before any work. 1: a run failed, or a preset's claim does not hold. 130: interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from kdcore.cli import (
    compare,
    datasets,
    distill,
    export,
    knowledge,
    methods,
    networks,
    presets,
    reproduce,
    runs,
    sweep,
    teach,
)
from kdcore.cli.shared import INTERRUPTED
from kdcore.errors import StillroomError
from kdcore.system.allocator import PASSIVE_WAITING, keep_freed_memory
from kdcore.system.environment import check_pair

COMMANDS = (
    distill,
    teach,
    datasets,
    networks,
    methods,
    compare,
    sweep,
    presets,
    reproduce,
    runs,
    export,
    knowledge,
)
"""In the order in which `--help` lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    for name, value in PASSIVE_WAITING.items():
        os.environ.setdefault(name, value)
    keep_freed_memory()
    try:
        check_pair()
        return int(options.command(options))
    except StillroomError as error:
        print(f"kdcore: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


class _Parser(argparse.ArgumentParser):
    """Takes flags before, between and after the words, also where a word may be left out."""

    _mixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        # argparse parses intermixed arguments by calling this method in turn.
        if self._mixing:
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m kdcore", description="Knowledge distillation from the shell.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for command in COMMANDS:
        command.add(commands)
    return parser
