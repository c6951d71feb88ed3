"""How a command is declared, and the parser that reads its arguments and flags.

What cannot be read is answered by one sentence, with the nearest that there is, and by where the help is: not by a screen of usage.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from kdcore.cli.exit_codes import REFUSED
from kdcore.cli.terminal import told
from kdcore.errors import OutOfResources
from kdcore.installation import path_of
from kdcore.texts import N_, together
from kdcore.translation import say

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""Where a command is added."""

COMMAND = "COMMAND"


class SentenceParser(argparse.ArgumentParser):
    """Says what it cannot read in a sentence on stderr, the nearest word that there is beside it, and exits with REFUSED."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.formatter_class = argparse.RawDescriptionHelpFormatter

    def error(self, message: str) -> NoReturn:
        """End the program with this sentence."""
        sentence = message.removeprefix("argument ")
        if not sentence.endswith((".", "?")):
            sentence += "."
        flag, sign, rest = sentence.partition(": ")
        said = (
            say(N_("{name}: {what}")).format(name=flag, what=told(rest))
            if sign and " " not in flag
            else told(sentence)
        )
        see = say(N_("See: {command}")).format(command=f"{self.prog} --help")
        self.exit(REFUSED, f"kdcore: {said}\n{see}\n")

    def refuse(self, left: Sequence[str]) -> NoReturn:
        """End the program: these words are none that it knows."""
        flags = [flag for action in self._actions for flag in action.option_strings]
        unknown = left[0].partition("=")[0]
        if unknown.startswith("-"):
            self.error(together([N_(f"There is no flag {unknown}."), _nearest(unknown, flags)]))
        self.error(N_(f"'{unknown}' is one word too many."))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        if action.metavar == COMMAND:
            unknown, there = N_(f"There is no command '{value}'."), N_(f"There are {', '.join(choices)}.")
            self.error(together([unknown, _nearest(str(value), choices), there]))
        takes = N_(f"'{value}': it takes {_either(choices)}.")
        raise argparse.ArgumentError(action, together([takes, _nearest(str(value), choices)]))


class CommandParser(SentenceParser):
    """Takes flags before, between and after the positional arguments, also where one of them is optional."""

    _mixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, with flags and positional arguments in any order; refuses what is left over."""
        # parse_known_intermixed_args calls this method in turn.
        if self._mixing:
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            options, left = self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False
        if left:
            self.refuse(left)
        return options, left


def add_command(
    commands: Commands,
    name: str,
    function: Callable[[argparse.Namespace], int],
    help: str,
    *,
    examples: Sequence[str],
) -> argparse.ArgumentParser:
    """Add a command that `function` carries out, which returns the exit code; returns the parser, for the command's flags.

    examples: what stands behind the command, one a line of the help.
    """
    parser = commands.add_parser(name, help=help, description=help)
    lines = "\n".join(f"  {parser.prog} {example}".rstrip() for example in examples)
    parser.epilog = f"{'for example' if len(examples) == 1 else 'examples'}:\n{lines}".replace("%", "%%")
    parser.add_argument("--json", action="store_true", help="Print one JSON value as the last line.")
    parser.set_defaults(command=function)
    return parser


def path_argument(text: str) -> Path:
    """A file or a folder as the shell hands it over: `--out=~/there` keeps its tilde in some shells."""
    try:
        return path_of(text, "the path") if text.startswith("~") else Path(text)
    except OutOfResources as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def number_argument(kind: type[int] | type[float], takes: str) -> Callable[[str], float]:
    """Reads a number; what is none is answered by what the flag takes."""

    def read(text: str) -> float:
        try:
            return kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"'{text}': it takes {takes}") from None

    return read


def commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Every command's own parser, by its name."""
    [choices] = [
        action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    ]
    return dict(choices)


def _nearest(word: str, there: Iterable[str]) -> str:
    """The nearest words that there are, in a sentence, or nothing."""
    bare = {re.sub(r"^-+", "", one): one for one in there}
    near = get_close_matches(word.lstrip("-"), [*bare], n=2, cutoff=0.6)
    return N_(f"Did you mean {_either([bare[one] for one in near])}?") if near else ""


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
