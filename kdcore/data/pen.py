"""Many pen strokes at once: splines through control points, bent and set in a frame, and the ink that a pen leaves along them.

Everything is float64: the pixels, rounded to bytes, then hardly depend on the processor's last bits.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SOFTNESS = 0.45
"""Of the smallest distance to a curve, in the pen's half widths: a sum of Gaussians takes the place of a minimum."""


@functools.cache
def spline(controls: int, points: int) -> Array:
    """The matrix [points, controls] from control points to points on the uniform Catmull-Rom spline through them."""
    place = np.linspace(0, controls - 1, points)
    first = np.minimum(place.astype(int), controls - 2)
    t = (place - first)[:, None]
    weights = np.hstack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2])
    matrix = np.zeros((points, controls))
    for k in range(4):
        np.add.at(matrix, (np.arange(points), np.clip(first + k - 1, 0, controls - 1)), weights[:, k] / 2)
    return matrix


def lengths(curve: Array, starts: tuple[int, ...]) -> Array:
    """How much of a curve [n, points, 2] lies about each of its points [n, points]; `starts` are the strokes' first points."""
    steps = np.hypot(*np.moveaxis(np.diff(curve, axis=1), 2, 0))
    steps[:, [start - 1 for start in starts if start]] = 0  # the pen is up between two strokes
    around: Array = np.pad(steps, ((0, 0), (1, 1)))
    return (around[:, 1:] + around[:, :-1]) / 2


def framed(curve: Array, radius: Array, weight: Array, side: int, box: float) -> Array:
    """Curves [n, points, 2] set as MNIST sets its digits, in pixels of a picture of `side`.

    The longer side of the ink becomes `box` pixels, and its centre of mass comes to the middle of the picture (LeCun et
    al., Gradient-based learning applied to document recognition, 1998, section III.A); to the middle of a pixel, as in MNIST's files.

    Args:
        curve: in any units.
        radius: half the pen's width, in pixels [n].
        weight: how much ink lies about each point [n, points].
        side: of the picture.
        box: longer side of the ink.
    """
    extent = (curve.max(axis=1) - curve.min(axis=1)).max(axis=1)
    scale = (box - 2 * radius) / np.maximum(extent, 1e-9)
    total = weight.sum(axis=1, keepdims=True)
    middle = np.einsum("np,npd->nd", weight, curve) / total
    placed: Array = (curve - middle[:, None]) * scale[:, None, None] + side / 2 + 0.5
    # What would hang over the edge is pushed back.
    over = np.maximum(placed.max(axis=1) + radius[:, None] - side, 0)
    under = np.maximum(radius[:, None] - placed.min(axis=1), 0)
    placed += (under - over)[:, None]
    return placed


def ink(curve: Array, radius: Array, weight: Array, side: int, edge: float = 1.0) -> Array:
    """Ink [n, side, side] from 0 to 1 within `radius` of curves, as a pen leaves it; the rim fades over `edge` pixels.

    The distance to a curve is read off a sum of Gaussians along it: a Gaussian is a product of one in x and one in y, so that
    the sum is a product of matrices, and no distance between a pixel and a point is ever computed.

    Args:
        curve: points in pixels [n, points, 2].
        radius: half the pen's width at each point, in pixels [n, points].
        weight: how long a piece of the curve each point stands for, in pixels [n, points].
        side: of the picture, in pixels.
        edge: over how many pixels the rim fades.
    """
    pixels = np.arange(side) + 0.5
    spread = SOFTNESS * radius[:, :, None]
    across, down = (
        np.exp(-(((curve[:, :, axis, None] - pixels) / spread) ** 2) / 2) for axis in (0, 1)
    )  # [n, points, side] each
    share = weight / (math.sqrt(2 * math.pi) * spread[:, :, 0])
    total = np.matmul((down * share[:, :, None]).transpose(0, 2, 1), across)
    distance = SOFTNESS * np.sqrt(np.maximum(-2 * np.log(np.maximum(total, 1e-300)), 0))  # in half widths
    mean = (radius * weight).sum(axis=1) / weight.sum(axis=1)
    covered: Array = np.clip((1 - distance) * mean[:, None, None] / edge + 0.5, 0, 1)
    return covered
