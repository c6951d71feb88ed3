"""Tables for people."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from kdcore.cli.terminal import told
from kdcore.translation import say


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below their heads, each column as wide as its widest cell; heads and sentences in the terminal's language."""
    lines = [[say(cell) for cell in head], *([_cell(cell) for cell in row] for row in rows)]
    widths = [max(_width(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())


def _cell(value: object) -> str:
    """A sentence is translated; a name or a number stays."""
    text = str(value)
    return told(text) if " " in text else text


def _width(text: str) -> int:
    """Places that a text takes in a terminal: a Chinese sign takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
