"""Figures that lessons compare predictions with: asked of the bundled teachers, or read from what comes measured with the program."""

from __future__ import annotations

import math
from functools import lru_cache

from dashboard.data import gallery, picture_sources


@lru_cache(maxsize=256)
def beliefs(morph: str, frame: int, temperature: float) -> tuple[float, ...]:
    """What the first screen's teacher believes of a frame of a morph at a temperature: a share for each class, 0 to 1."""
    teacher = picture_sources.teachers_for_source(morph)[0]
    [logits] = gallery.morph(morph, (teacher,)).images[frame]["logits"]
    most = max(logits)
    weights = [math.exp((z - most) / temperature) for z in logits]
    return tuple(weight / sum(weights) for weight in weights)


def entropy(morph: str, frame: int, temperature: float) -> float:
    """Of these beliefs, in bits."""
    return -sum(p * math.log2(p) for p in beliefs(morph, frame, temperature) if p > 0)


def second(morph: str, frame: int, temperature: float = 1.0) -> float:
    """The share of the second answer."""
    return sorted(beliefs(morph, frame, temperature))[-2]


def percent(share: float) -> str:
    """A share as text, with the digits that it deserves."""
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"
