"""`python -m dashboard`: the laboratory on PORT (8501 unless set); ctrl-C ends it and stops its workers cleanly."""

from __future__ import annotations

import os
import sys

DEFAULT_PORT = 8501


def port() -> int:
    """The port from the environment.

    Raises:
        SystemExit: it is no port, in a sentence.
    """
    text = os.environ.get("PORT", "") or str(DEFAULT_PORT)
    if not text.isdigit() or not 0 < int(text) < 65536:
        print(
            f"PORT={text} is no port. Give a number from 1 to 65535, for example PORT=8501.", file=sys.stderr
        )
        raise SystemExit(2)
    return int(text)


def main() -> None:
    """Check the installation, then serve until ctrl-C."""
    from kdcore.environment import check_pair
    from kdcore.errors import StillroomError

    chosen = port()
    try:
        check_pair()
    except StillroomError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    from dashboard.server import app

    app.run(config={"server.port": chosen})


if __name__ == "__main__":
    main()
