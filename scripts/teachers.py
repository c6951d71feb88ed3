"""Train the bundled teachers again, each by the command on its own card: `make teachers`."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

BUNDLED = Path(__file__).resolve().parent.parent / "assets" / "teachers"


def main() -> int:
    """Run every card's command into the folder of bundled teachers; returns the first exit code that is not 0."""
    for card in sorted(BUNDLED.glob("*.json")):
        _, *command = shlex.split(json.loads(card.read_text(encoding="utf-8"))["command"])
        print("+ python", shlex.join(command), flush=True)
        if code := subprocess.call([sys.executable, *command, "--folder", str(BUNDLED)]):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
