"""The address at which others reach these pages, for whoever hands on a link from the server's own machine."""

from __future__ import annotations

import ipaddress
from functools import cache
from urllib.parse import urlsplit

from dashboard import serving_address

LONGEST = 4000
"""Characters of an address that a dialog shows."""


def origin() -> str | None:
    """The proxy's address where one is named, else this machine's on its network; None where nobody else reaches it."""
    if further := sorted(serving_address.sites("STILLROOM_ADDRESSES")):
        return further[0]
    listening = serving_address.host()
    if not serving_address.is_open(listening) or (own := _own(listening)) is None:
        return None
    return f"http://{own}:{serving_address.port()}"


@cache
def _own(listening: str) -> str | None:
    return serving_address.reached_at(listening)


def is_address_of_page(text: object) -> bool:
    """Whether this is an address that a browser may have of a page."""
    if not isinstance(text, str) or len(text) > LONGEST:
        return False
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def only_here(address: str) -> bool:
    """Whether an address leads to the machine on which it is opened."""
    name = urlsplit(address).hostname or ""
    if name in serving_address.LOCAL_NAMES:
        return True
    return serving_address.is_address(name) and ipaddress.ip_address(name).is_loopback
