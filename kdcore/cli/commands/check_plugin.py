"""`check-plugin`: whether a plugin's file keeps what networks, methods and formats promise."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from kdcore.cli.command_parser import Commands, add_command, path_argument
from kdcore.cli.exit_codes import FAILED
from kdcore.cli.terminal import tell
from kdcore.cli.text_table import print_table
from kdcore.texts import N_
from kdcore.translation import say


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "check-plugin",
        check_plugin,
        "Check a plugin's file: shapes, feature points, gradients, what holds of every loss, a second of training.",
        examples=["my_network.py", "my_network.py --json"],
    )
    parser.add_argument("file", type=path_argument, metavar="FILE", help="The plugin. Its code is run.")


def check_plugin(options: argparse.Namespace) -> int:
    """Print a table of checks; fails where one does not hold."""
    # Imported late: it takes torch with it.
    from kdcore import plugins
    from kdcore.plugin_checks import check_file

    checks = list(check_file(options.file))
    plugins.forget()  # what was left out is said in the table
    if options.json:
        print(json.dumps([asdict(check) for check in checks]))
    else:
        verdict = {True: say(N_("holds")), False: say(N_("does not hold"))}
        print_table(
            [N_("part"), N_("check"), "", N_("found")],
            [[c.part or options.file.name, say(c.what), verdict[c.holds], c.found] for c in checks],
        )
        failed = sum(not check.holds for check in checks)
        tell(N_("Every check holds.") if not failed else N_(f"Checks that do not hold: {failed}."))
    return FAILED if any(not check.holds for check in checks) else 0
