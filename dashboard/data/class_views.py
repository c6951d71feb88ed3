"""Where students' pages are, for their lecturer to look at: kept in this process alone, and for as long as it lives."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from urllib.parse import urlencode

MOST = 5000
LONGEST = 4000

_lock = threading.Lock()
_views: OrderedDict[tuple[str, int], str] = OrderedDict()


def note_view(code: str, member: int, page: str, link: Mapping[str, str]) -> None:
    """A student's page was drawn: with this path and these parameters."""
    address = f"{page}?{urlencode(link)}"
    if len(address) > LONGEST:
        return
    with _lock:
        _views[(code, member)] = address
        _views.move_to_end((code, member))
        while len(_views) > MOST:
            _views.popitem(last=False)


def view_of(code: str, member: int) -> str | None:
    """The address of a student's page from any page of the server; None where none was drawn since the server began."""
    with _lock:
        return _views.get((code, member))
