"""Where the error axis ends, and how labels beside each other keep apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

LATE = 0.65
"""The share of the axis beyond which a mark's text stands to its left."""
LETTER, NARROW = 7.5, 420.0
"""Pixels of a letter, and of the narrowest axis on which texts must not overprint."""
PAST_THE_END = {"right": 14}
"""The `padding` of a chart whose axis ends with its curves: their marks and the axis' last number stand half beyond it."""
LINES = 6
"""Lines of texts at the top of a chart, at most."""
ERROR_TOPS = (1, 2, 3, 5, 8, 10, 15, 20, 30, 40, 60, 80, 100)


def error_top(latest: Sequence[float]) -> float:
    """A round end for an axis of errors in percent: at least twice the largest of the latest values, so that the end of a run
    stays legible."""
    need = 2 * max(latest, default=50.0)
    return float(next((top for top in ERROR_TOPS if top >= need), 100))


def spread_labels(values: Sequence[float], gap: float) -> list[float]:
    """Positions of labels at `values`, moved up so that neighbours are at least `gap` apart."""
    positions = list(values)
    for below, above in pairwise(sorted(range(len(values)), key=lambda i: values[i])):
        positions[above] = max(positions[above], positions[below] + gap)
    return positions


def label_lines(marks: Sequence[tuple[float, str]], xmax: float) -> list[float]:
    """The line, from 0, on which the text of each mark (place, text) stands without touching another; NaN where none is free.

    The newest are placed first: what has no room is of long ago.
    """
    lines: list[list[tuple[float, float]]] = [[] for _line in range(LINES)]
    found = [math.nan] * len(marks)
    for i in sorted(range(len(marks)), key=lambda i: -marks[i][0]):
        place, text = marks[i]
        width = (sum(1.8 if sign > "\u2e80" else 1 for sign in text) + 2) * LETTER / NARROW * xmax
        left, right = (place - width, place) if place > LATE * xmax else (place, place + width)
        for line, taken in enumerate(lines):
            if all(right <= start or end <= left for start, end in taken):
                taken.append((left, right))
                found[i] = float(line)
                break
    return found
