"""Flags that commands which measure over several seeds have in common."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_seeds_flag(parser: argparse.ArgumentParser, help: str) -> None:
    """Add `--seeds`; `help` says what is measured with so many seeds."""
    parser.add_argument("--seeds", type=int, default=3, help=help)


def add_measurements_flag(parser: argparse.ArgumentParser) -> None:
    """Add `--out`, the file of measurements."""
    parser.add_argument("--out", type=Path, metavar="FILE", help="Write the measurements there as JSON.")
