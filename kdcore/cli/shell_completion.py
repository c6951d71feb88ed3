"""Scripts that have a shell complete a program's commands, flags and the words that they take; made from the parsers."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator, Mapping

SHELLS = ("bash", "zsh", "fish")

BASH = """\
_{program}() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=
    COMPREPLY=()
    case "${{COMP_WORDS[1]}} $before" in
{values}
    esac
    if [ -z "$words" ]; then
        case "$((COMP_CWORD)) ${{COMP_WORDS[1]}}" in
            1\\ *) words={commands} ;;
{flags}
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _{program} {program}"""

ZSH = "autoload -U +X compinit bashcompinit && compinit -u && bashcompinit\n"
"""zsh runs bash's completions."""

Parsers = Mapping[str, argparse.ArgumentParser]


def completion_script(shell: str, program: str, parsers: Parsers) -> str:
    """The script for one of SHELLS; `parsers`: every command's own parser, by its name."""
    if shell == "fish":
        return "\n".join(_fish(program, parsers))
    return (ZSH if shell == "zsh" else "") + _bash(program, parsers)


def _bash(program: str, parsers: Parsers) -> str:
    flags, values = [], []
    for name, parser in parsers.items():
        words = [*_flags(parser), *_positional_words(parser)]
        flags.append(f"            *\\ {name}) words={shlex.quote(' '.join(words))} ;;")
        for flag, taken in _words_of_flags(parser):
            values.append(f"        {shlex.quote(f'{name} {flag}')}) words={shlex.quote(' '.join(taken))} ;;")
    return BASH.format(
        program=program,
        commands=shlex.quote(" ".join(parsers)),
        flags="\n".join(flags),
        values="\n".join(values),
    )


def _fish(program: str, parsers: Parsers) -> Iterator[str]:
    begin = f"complete -c {program}"
    for name, parser in parsers.items():
        yield f"{begin} -n __fish_use_subcommand -f -a {name} -d {shlex.quote(parser.description or '')}"
        within = f"{begin} -n {shlex.quote(f'__fish_seen_subcommand_from {name}')}"
        taken = dict(_words_of_flags(parser))
        for flag in _flags(parser):
            line = f"{within} -l {flag.removeprefix('--')}"
            yield f"{line} -x -a {shlex.quote(' '.join(taken[flag]))}" if flag in taken else line
        if words := _positional_words(parser):
            yield f"{within} -f -a {shlex.quote(' '.join(words))}"


def _flags(parser: argparse.ArgumentParser) -> list[str]:
    return [flag for action in parser._actions for flag in action.option_strings if flag.startswith("--")]


def _words_of_flags(parser: argparse.ArgumentParser) -> Iterator[tuple[str, list[str]]]:
    """The flags that take one of a few words, with these."""
    for action in parser._actions:
        if action.choices is not None:
            yield from ((flag, [*map(str, action.choices)]) for flag in action.option_strings)


def _positional_words(parser: argparse.ArgumentParser) -> list[str]:
    return [
        str(word)
        for action in parser._actions
        if not action.option_strings and action.choices is not None
        for word in action.choices
    ]
