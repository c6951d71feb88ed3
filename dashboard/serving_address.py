"""Where the server listens, and the names by which browsers may reach it: read from the environment."""

from __future__ import annotations

import ipaddress
import os
import socket
from urllib.parse import urlsplit

DEFAULT_PORT = 8501
THIS_MACHINE = "127.0.0.1"
LOCAL_NAMES = frozenset({"localhost"})


def port() -> int:
    """The port from PORT.

    Raises:
        ValueError: it is no port, in a sentence.
    """
    text = os.environ.get("PORT", "") or str(DEFAULT_PORT)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ValueError(f"PORT={text} is no port. Give a number from 1 to 65535, for example PORT=8501.")
    return int(text)


def host() -> str:
    """The address to listen on, from HOST: this machine only unless it says another.

    Raises:
        ValueError: it is no address, in a sentence.
    """
    text = os.environ.get("HOST", "") or THIS_MACHINE
    if text in LOCAL_NAMES:
        return THIS_MACHINE
    if not is_address(text):
        raise ValueError(
            f"HOST={text} is no address to listen on. Give HOST={THIS_MACHINE} for this machine only, "
            "or HOST=0.0.0.0 for everybody on its network."
        )
    return text


def is_open(listening: str) -> bool:
    """Whether other machines reach a server that listens there."""
    return not ipaddress.ip_address(listening).is_loopback


def own_names() -> frozenset[str]:
    """The names of this machine, in lower case; addresses are none."""
    name = socket.gethostname().lower()
    return LOCAL_NAMES | {name, f"{name.partition('.')[0]}.local"}


def sites(variable: str) -> frozenset[str]:
    """The sites that an environment variable names, as browsers send them: https://lab.example.org, without a path.

    Raises:
        ValueError: one of them is no address of a site, in a sentence.
    """
    texts = os.environ.get(variable, "").split(",")
    return frozenset(_origin(variable, text.strip()) for text in texts if text.strip())


def _origin(variable: str, text: str) -> str:
    parts = urlsplit(text.lower())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError(
            f"{variable}: {text} is no address of a site. Give addresses like https://lab.example.org, "
            "separated by commas."
        )
    return f"{parts.scheme}://{parts.netloc}"


def is_address(text: str) -> bool:
    """Whether this is an IP address, and no name that somebody else could point elsewhere."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def reached_at(listening: str) -> str | None:
    """The address at which other machines reach a server that listens there, None where this machine has none."""
    address = ipaddress.ip_address(listening)
    if address.is_unspecified:
        return _address_on_network()
    return f"[{address}]" if address.version == 6 else str(address)


def _address_on_network() -> str | None:
    """This machine's address on its network, None where it has none. A datagram socket's connect sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that is kept for examples
        except OSError:
            return None
        return str(probe.getsockname()[0])
