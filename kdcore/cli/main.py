"""The command line: `python -m kdcore COMMAND`; each command is in the file of its name in `commands/`.

Tables for people on stdout, progress and errors on stderr; with `--json` the last line of stdout is one JSON value.
The exit codes are in `exit_codes`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from kdcore import __version__, plugins
from kdcore.cli.command_parser import COMMAND, CommandParser, SentenceParser
from kdcore.cli.commands import (
    check_plugin,
    compare,
    completion,
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
    teachers,
)
from kdcore.cli.exit_codes import FAILED, INTERRUPTED, REFUSED
from kdcore.cli.terminal import tell, terminal_language, told, translate_help
from kdcore.errors import StillroomError
from kdcore.system.allocator import PASSIVE_WAITING, keep_freed_memory
from kdcore.system.environment import check_pair
from kdcore.translation import ENGLISH, speaking, spoken_language

PROGRAM = "python -m kdcore"
STILLROOM = "stillroom"
"""The program that is installed with the package: the same commands, and without one it serves the page."""
SERVES = " Without a command it serves the page, on HOST and PORT."
HELP_END = f"""\
exit codes:
  0    done
  {FAILED}    a run failed or was stopped, or a claim does not hold
  {REFUSED}    refused before any work
  {INTERRUPTED}  Ctrl-C

COMMAND --help shows examples of each."""

COMMANDS = (
    distill,
    teach,
    teachers,
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
    check_plugin,
    completion,
)
"""In the order in which `--help` lists them."""


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Run one command; returns the exit code. `program`: what the command line was begun with, for the help."""
    with speaking(terminal_language()):
        return _run(arguments, program)


def _run(arguments: Sequence[str] | None, program: str) -> int:
    parser = build_parser(program)
    words = sys.argv[1:] if arguments is None else arguments
    if words and words[0].startswith("-") and words[0] not in parser._option_string_actions:
        parser.refuse(words)
    options = parser.parse_args(words)
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
    finally:
        for problem in plugins.problems():
            tell(problem, aside=True)


def build_parser(program: str = PROGRAM) -> SentenceParser:
    """The parser with every command."""
    alone = SERVES if program == STILLROOM else ""
    parser = SentenceParser(
        program, description=f"Knowledge distillation from the shell.{alone}", epilog=HELP_END
    )
    parser.add_argument("--version", action="version", version=f"stillroom {__version__}")
    commands = parser.add_subparsers(required=True, metavar=COMMAND, parser_class=CommandParser)
    for command in COMMANDS:
        command.add(commands)
    if spoken_language() not in ("", ENGLISH):
        translate_help(parser)
    return parser
