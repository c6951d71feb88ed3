"""`stillroom`, the program that is installed with the package: serves the page, or runs a command of kdcore."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from kdcore.cli.exit_codes import INTERRUPTED


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the page where nothing is asked, else run the command; returns the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        if not words:
            # Imported late: commands answer before the server's packages are there.
            from dashboard.__main__ import main as serve

            serve()
            return 0
        from kdcore.cli.main import STILLROOM
        from kdcore.cli.main import main as run_command

        return run_command(words, STILLROOM)
    except KeyboardInterrupt:
        # What computes in threads of its own is not waited for.
        os._exit(INTERRUPTED)
