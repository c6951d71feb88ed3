"""A run's comparison of sizes, kept beside the run: it takes half a minute and does not change."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from kdcore.atomic_files import write_atomically
from kdcore.compression.small_network import SmallNetwork

NAME = "sizes.json"


def keep(folder: Path, networks: Sequence[SmallNetwork]) -> None:
    """Write it into the run's folder."""
    write_atomically(folder / NAME, json.dumps([one.as_json() for one in networks]).encode())


def kept(folder: Path) -> list[SmallNetwork]:
    """What was measured of the run; empty before that."""
    try:
        told = json.loads((folder / NAME).read_text("utf-8"))
    except FileNotFoundError:
        return []
    return [
        SmallNetwork(**one | {"seconds": {int(batch): time for batch, time in one["seconds"].items()}})
        for one in told
    ]
