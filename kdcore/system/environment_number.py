"""Numbers that the environment sets, within their bounds."""

from __future__ import annotations

import os

from kdcore.errors import OutOfResources


def number(name: str, default: float, *, least: float = 0.0, unit: str) -> float:
    """The number in the environment variable of that name; the default where it is unset or empty.

    unit: of what it counts, for the sentence.

    Raises:
        OutOfResources: it is no such number, in a sentence.
    """
    text = os.environ.get(name) or f"{default:g}"
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value < float("inf"):
        raise OutOfResources(
            f"{name}={text}: give a number of {unit}, at least {least:g}; {default:g} where unset."
        )
    return value
