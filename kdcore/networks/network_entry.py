"""A line of the network table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

Shape = tuple[int, int, int]
"""Channels, height and width of an image."""


@dataclass(frozen=True)
class NetworkEntry:
    """A line of the table. `smallest_side`: the smallest height and width that leave it more than a point at its end."""

    title: str
    family: str
    smallest_side: int
    make: Callable[[Shape, int], nn.Module]
