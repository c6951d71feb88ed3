"""One of the project's programs in a process of its own, to its end: what it needs is imported there and not here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""From where both packages are found, wherever this process was started."""


def run_module(
    module: str, arguments: Sequence[str], *, settings: Mapping[str, str], patience: float
) -> subprocess.CompletedProcess[str]:
    """`python -m MODULE ARGUMENTS`; what it printed and its exit code are the caller's to judge.

    settings: environment variables beside this process's own. patience: seconds, after which it is killed.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
    )
