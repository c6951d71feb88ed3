"""A line of the network table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

Shape = tuple[int, int, int]
"""Channels, height and width of an image."""


def takes_all(shape: Shape, classes: int) -> str:
    """Refuse no images: of most networks the smallest side says all."""
    return ""


@dataclass(frozen=True)
class NetworkEntry:
    """A line of the table. `smallest_side`: the smallest height and width that leave it more than a point at its end.

    refuses: why it cannot take such images for another reason, in a sentence; empty where it can.
    """

    title: str
    family: str
    smallest_side: int
    make: Callable[[Shape, int], nn.Module]
    refuses: Callable[[Shape, int], str] = takes_all
