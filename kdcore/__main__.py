"""`python -m kdcore ...`"""

import os
import sys

from kdcore.cli.exit_codes import INTERRUPTED


def run() -> int:
    """Run the command; returns the exit code."""
    try:
        from kdcore.cli.main import main

        return main()
    except KeyboardInterrupt:  # while it was being imported
        return INTERRUPTED


if __name__ == "__main__":
    code = run()
    if code == INTERRUPTED:
        # What still computes or loads in a thread of its own is not waited for.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
