"""`python -m dashboard`: the laboratory on PORT (8501 unless set); ctrl-C ends it and stops its workers cleanly."""

from __future__ import annotations

import os
import socket
import sys

from kdcore.errors import StillroomError
from kdcore.system.environment import check_pair

DEFAULT_PORT = 8501


def main() -> None:
    """Check what can be checked, then serve until ctrl-C."""
    # As for the workers, and before torch is imported: threads that spin take the processors from those that train.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    try:
        chosen = port()
        check_pair()
        from dashboard import server
        from dashboard.data import run_manager

        run_manager.manager()
    except (StillroomError, ValueError) as error:
        print(error.in_the_shell if isinstance(error, StillroomError) else error, file=sys.stderr)
        raise SystemExit(2) from None
    server.greeting = greeting(chosen)
    server.app.run(config={"server.port": chosen, "logger.hideWelcomeMessage": True})


def port() -> int:
    """The port from the environment.

    Raises:
        ValueError: it is no port, in a sentence.
    """
    text = os.environ.get("PORT", "") or str(DEFAULT_PORT)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ValueError(f"PORT={text} is no port. Give a number from 1 to 65535, for example PORT=8501.")
    return int(text)


def greeting(chosen: int) -> str:
    """What is printed once the server answers: its address here, and for others on this network."""
    lines = [f"Stillroom: http://localhost:{chosen}"]
    if (own := own_address()) is not None:
        lines.append(f"on this network: http://{own}:{chosen}")
    return "\n".join([*lines, "ctrl-C ends it; runs that are training can be resumed later."])


def own_address() -> str | None:
    """This machine's address on its network, None where it has none. A datagram socket's connect sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that is kept for examples
        except OSError:
            return None
        return str(probe.getsockname()[0])


if __name__ == "__main__":
    main()
