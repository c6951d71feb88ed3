"""`python -m scripts.attack [COUNT] [SEED]`: exits with 1 where a fault is found."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.attack.campaign import attack

COUNT = 1000
PROMPT = 0.2
"""Seconds within which the health check has to answer throughout."""


def main(arguments: list[str]) -> int:
    """Run the campaign and say what was found."""
    count, seed = (int(text) for text in [*arguments, *[str(COUNT), "0"][len(arguments) :]])
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        findings = attack(Path(folder), count, seed)
    for fault in findings.faults:
        print(fault, file=sys.stderr)
    slow = findings.slowest > PROMPT
    print(
        f"{findings.asked} hostile links, messages and requests (seed {seed}) in {time.monotonic() - began:.0f} s: "
        f"{len(findings.faults)} faults; the slowest health check took {findings.slowest:.3f} s"
        + (f", more than {PROMPT} s" if slow else "")
    )
    return 1 if findings.faults or slow else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
