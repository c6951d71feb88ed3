"""A fault as source code: the lines that differ from the sound ones, and the invariant that catches it."""

from __future__ import annotations

import inspect
from difflib import ndiff

from kdcore.faults.contract import Fault

LINES = "lines"
"""What both versions are called where they are compared: their names are no difference."""


def difference(fault: Fault) -> str:
    """The faulty lines against the sound ones: removed lines begin with `-`, what mends them with `+`, others with a blank."""
    faulty, sound = _lines(fault, "faulty"), _lines(fault, "sound")
    return "\n".join(line.rstrip() for line in ndiff(faulty, sound) if not line.startswith("?"))


def invariant(fault: Fault) -> str:
    """The source of the invariant."""
    return inspect.getsource(fault.invariant).rstrip()


def _lines(fault: Fault, name: str) -> list[str]:
    source = inspect.getsource(getattr(fault, name)).rstrip()
    return source.replace(f"def {name}(", f"def {LINES}(", 1).splitlines()
