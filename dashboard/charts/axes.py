"""Where the error axis ends, and how labels beside each other keep apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

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
