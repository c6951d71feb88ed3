"""What a command says to people, in the terminal's language: LANGUAGE, LC_ALL, LC_MESSAGES and LANG, as for other programs."""

from __future__ import annotations

import argparse
import os
import sys

from kdcore.texts import N_
from kdcore.translation import ENGLISH, say, spoken_language, translated_sentence

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
PLAIN = ("C", "POSIX")


def terminal_language() -> str:
    """The language that the environment asks for, as it writes it (`zh_CN.UTF-8`); English where it asks for none."""
    asked = next((value for name in VARIABLES if (value := os.environ.get(name))), "")
    if asked.partition(".")[0] in ("", *PLAIN):
        return ENGLISH
    return os.environ.get("LANGUAGE", "").partition(":")[0] or asked


def told(text: str) -> str:
    """A sentence that was filled in, in the terminal's language."""
    return translated_sentence(text, spoken_language() or ENGLISH)


def tell(text: str, *, aside: bool = False, end: str = "\n") -> None:
    """Print a sentence for people. aside: on stderr, as what is no result."""
    print("\n".join(map(told, text.split("\n"))), file=sys.stderr if aside else sys.stdout, end=end)


class HelpInItsLanguage(argparse.HelpFormatter):
    """Begins with the word for usage in the terminal's language."""

    def add_usage(self, usage: object, actions: object, groups: object, prefix: str | None = None) -> None:
        """As argparse does, with that word."""
        super().add_usage(usage, actions, groups, say(N_("usage: ")) if prefix is None else prefix)  # type: ignore[arg-type]


def translate_help(parser: argparse.ArgumentParser) -> None:
    """Put what `--help` says of a parser, of its commands and of its flags into the terminal's language."""
    parser.formatter_class = HelpInItsLanguage
    parser.description = told(parser.description or "")
    for group in parser._action_groups:
        group.title = told(group.title or "")
    for action in parser._actions:
        _translate(action)
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                _translate(choice)
            for command in action.choices.values():
                translate_help(command)


def _translate(action: argparse.Action) -> None:
    if action.help and action.help != argparse.SUPPRESS:
        action.help = told(action.help.replace("%%", "%")).replace("%", "%%")


ARGPARSE = (
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("expected one argument."),
    N_("expected at least one argument."),
    N_("not allowed with argument {name}."),
    N_("the following arguments are required: {names}."),
)
"""What argparse says by itself."""
