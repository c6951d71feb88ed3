"""Flags that commands which measure over several seeds have in common."""

from __future__ import annotations

import argparse

from kdcore.cli.command_parser import number_argument, path_argument
from kdcore.texts import N_


def add_seeds_flag(parser: argparse.ArgumentParser, help: str) -> None:
    """Add `--seeds`; `help` says what is measured with so many seeds."""
    parser.add_argument(
        "--seeds", type=number_argument(int, N_("a whole number")), metavar="INT", default=3, help=help
    )


def add_measurements_flag(parser: argparse.ArgumentParser) -> None:
    """Add `--out`, the file of measurements."""
    parser.add_argument(
        "--out", type=path_argument, metavar="FILE", help="Write the measurements there as JSON."
    )
