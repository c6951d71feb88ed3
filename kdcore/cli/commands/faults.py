"""`faults`: the mistakes that a run can have on purpose, one of them whole, and what a riddle hid."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from kdcore.cli.command_parser import Commands, add_command
from kdcore.cli.data_folder import data_folder
from kdcore.cli.open_runs import open_runs
from kdcore.cli.run_lookup import find_run
from kdcore.cli.terminal import tell
from kdcore.cli.text_table import print_table
from kdcore.errors import RunRefused
from kdcore.faults.badge import riddle_seed
from kdcore.runs.runs_folder import runs_folder
from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.faults.contract import Fault

NONE = "none"
"""Names what a riddle hides that hides nothing."""


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "faults",
        show_faults,
        "List the mistakes that a run can have on purpose.",
        examples=["", "kl-reversed"],
    )
    parser.add_argument("name", nargs="?", help="A fault: show all of it, with the lines that differ.")
    parser.add_argument(
        "--run", help="A run with a riddle: say whether --guess names what it hid, and what it was."
    )
    parser.add_argument("--guess", metavar="NAME", help=f"The fault that the run has, or {NONE}.")


def show_faults(options: argparse.Namespace) -> int:
    """List the faults' cards, show one, or answer a riddle."""
    from kdcore.faults.registry import fault, faults

    if options.run:
        return _answer(options)
    if options.name:
        return _show(fault(options.name), options.json)
    cards = [one.CARD for one in faults().values()]
    if options.json:
        print(json.dumps([asdict(card) for card in cards]))
        return 0
    print_table(["name", "title", "mend"], [[card.name, card.title, card.mend] for card in cards])
    tell("distill --fault NAME makes one; distill --fault ?7 is the riddle of seed 7: one of them, or none.")
    return 0


def _show(chosen: Fault, as_json: bool) -> int:
    from kdcore.faults.source import difference, invariant

    card = chosen.CARD
    if as_json:
        print(json.dumps(asdict(card) | {"difference": difference(chosen), "invariant": invariant(chosen)}))
        return 0
    for part in (card.title, card.wrong, card.shows, N_(f"Seen in: {card.met}")):
        tell(part)
    print(f"\n{difference(chosen)}\n")
    tell(f"What would have caught it: {card.caught_by}")
    print(f"\n{invariant(chosen)}")
    return 0


def _answer(options: argparse.Namespace) -> int:
    """The answer is given to whoever names something, and only then."""
    from kdcore.faults.registry import fault
    from kdcore.pipelines import checks

    run = find_run(open_runs(), options.run)
    if riddle_seed(run.experiment.fault) is None:
        raise RunRefused(f"The run {run.id} has no riddle. distill --fault ?7 makes one.")
    if not options.guess:
        raise RunRefused(
            f"Name what the run has: --guess NAME, or --guess {NONE}. The command faults lists the names."
        )
    if options.guess != NONE:
        fault(options.guess)
    hidden = checks.check(run.experiment, data_folder=data_folder(), runs_folder=runs_folder()).fault
    name = NONE if hidden is None else hidden.CARD.name
    if options.json:
        print(json.dumps({"guess": options.guess, "answer": name}))
        return 0
    right = N_(f"Right: it is {name}.") if options.guess == name else N_(f"No: it is {name}.")
    tell(right)
    return 0 if hidden is None else _show(hidden, as_json=False)
