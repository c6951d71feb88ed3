"""Labels that Streamlit looks through for a leading emoji, each of them once."""

from __future__ import annotations

from functools import lru_cache

from streamlit import string_util

REMEMBERED = 4096


def remember_label_icons() -> None:
    """Have Streamlit remember what it found.

    It asks a pattern of thousands of emoji at every drawing of every label that is not ASCII, so of every Chinese one, and Python
    hashes the whole pattern each time: some 40 µs a label, 4 % of a page that has twelve of them.
    """
    if not hasattr(string_util.extract_leading_emoji, "cache_info"):
        string_util.extract_leading_emoji = lru_cache(REMEMBERED)(string_util.extract_leading_emoji)
