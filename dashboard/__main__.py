"""`python -m dashboard`: the laboratory on HOST (this machine only unless set) and PORT (8501); ctrl-C ends it and its workers cleanly."""

from __future__ import annotations

import os
import sys

from dashboard import serving_address
from kdcore.cli.exit_codes import INTERRUPTED, REFUSED
from kdcore.cli.terminal import terminal_language
from kdcore.errors import StillroomError
from kdcore.system.environment import check_pair
from kdcore.texts import N_
from kdcore.translation import say, speaking, translated_sentence, written_language

ONLY_HERE = N_(
    "Only this machine can open it; HOST=0.0.0.0 opens it to everybody on its network, as for a class."
)
OPEN = N_(
    "Everybody who reaches this machine over the network can open it, train here, and watch whatever they have a link to. "
    "Without https others on the network can read along. HOST=127.0.0.1 keeps it to this machine."
)
END = N_("ctrl-C ends it; runs that are training can be resumed later.")


def main() -> None:
    """Check what can be checked, then serve until ctrl-C."""
    # As for the workers, and before torch is imported: threads that spin take the processors from those that train.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    try:
        port, host = serving_address.port(), serving_address.host()
        check_pair()
        from dashboard import server, streamlit_settings
        from dashboard.data import run_manager

        run_manager.manager()
    except (StillroomError, ValueError) as error:
        told = error.in_the_shell if isinstance(error, StillroomError) else str(error)
        print(translated_sentence(told, written_language(terminal_language())), file=sys.stderr)
        raise SystemExit(REFUSED) from None
    with speaking(terminal_language()):
        server.greeting = greeting(host, port)
    own = {"server.address": host, "server.port": port, "logger.hideWelcomeMessage": True}
    try:
        server.app.run(config=streamlit_settings.settings() | own)
    except KeyboardInterrupt:  # the server has ended in order and says by what
        raise SystemExit(INTERRUPTED) from None


def greeting(host: str, port: int) -> str:
    """What is printed once the server answers: its address here, for others on this network, and who can reach it."""
    here = f"Stillroom: http://localhost:{port}"
    if not serving_address.is_open(host):
        return "\n".join([here, say(ONLY_HERE), say(END)])
    own = serving_address.reached_at(host)
    there = [say(N_("on this network: {address}")).format(address=f"http://{own}:{port}")] if own else []
    return "\n".join([here, *there, say(OPEN), say(END)])


if __name__ == "__main__":
    main()
