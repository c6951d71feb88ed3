"""`python -m dashboard.health`: exits with 0 where the server on PORT answers, with 1 where it does not; for what watches over it."""

from __future__ import annotations

import sys
import urllib.request

from dashboard import serving_address

PATIENCE = 4.0
"""Seconds."""


def is_healthy(port: int) -> bool:
    """Whether the server of this machine on that port says that it is well."""
    address = f"http://localhost:{port}/_stcore/health"
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_healthy(serving_address.port()) else 1)
