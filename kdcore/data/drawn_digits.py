"""The project's own 28 x 28 digits, drawn with a pen along splines, and morphs that turn one digit into another.

No dataset's image is in the repository, so the first screen draws its pictures itself. Every digit is the same two pen
strokes with the same numbers of control points: a morph moves them one by one, and a stroke that a digit does not
need is folded onto the other one or shrunk to a point. The pictures are laid out as MNIST's are: LeCun et al., Gradient-based
learning applied to document recognition (1998), section III.A.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt
from PIL import Image

from kdcore.errors import PictureRefused
from kdcore.texts import N_

Picture = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]

SIDE = 28
BOX = 20
"""Pixels of the longer side of a digit's ink."""
MIDDLE = SIDE / 2 + 0.5
"""Where the centre of mass lies, in pixels from the edge: the middle of pixel 14 of 0 to 27, as in MNIST's own files."""
WIDTH = 2.4
"""Of the pen, in pixels."""
UNDECIDED = {(2, 7): 0.4, (3, 8): 0.375, (4, 9): 0.275, (1, 7): 0.2}
"""The share at which each morph is best first seen: the bundled teacher is still sure of the first digit, 95 % or more at
T = 1, and its second answer is the other one, twice as likely as the third or more at T = 4. Of the 2 the 7 is invisible at
T = 1 (0.4 %) and plain at T = 4 (13 %)."""
MORPHS = tuple(UNDECIDED)

FINENESS = 16
"""Points on the curve between two control points: less than half a pixel apart."""

# The two strokes of each digit, 15 and 5 points (x, y) with y downwards in a box one unit high. A point given twice is a
# corner. Where digits morph into each other, points of the same number do the same work in both.
# fmt: off
STROKES: dict[int, tuple[list[tuple[float, float]], list[tuple[float, float]]]] = {
    0: ([(.36, .00), (.24, .03), (.13, .13), (.06, .28), (.02, .46), (.03, .66), (.09, .84), (.20, .96), (.32, 1.0),
         (.46, .95), (.57, .80), (.63, .58), (.62, .34), (.55, .12), (.36, .00)],
        [(.57, .80), (.63, .58), (.62, .34), (.55, .12), (.36, .00)]),
    1: ([(.40, .00), (.40, .00), (.40, .00), (.40, .00), (.40, .00), (.40, .00), (.39, .12), (.38, .24), (.36, .36),
         (.35, .48), (.33, .60), (.32, .70), (.31, .80), (.30, .90), (.28, 1.0)],
        [(.28, 1.0)] * 5),
    2: ([(.06, .22), (.10, .12), (.19, .04), (.31, .00), (.43, .02), (.52, .09), (.56, .20), (.54, .32), (.47, .45),
         (.39, .56), (.30, .67), (.21, .77), (.13, .86), (.06, .93), (.00, .98)],
        [(.00, .98), (.17, .94), (.33, .97), (.49, 1.0), (.66, .96)]),
    3: ([(.07, .17), (.10, .10), (.18, .03), (.30, .00), (.44, .04), (.51, .16), (.46, .33), (.24, .46), (.24, .46),
         (.48, .54), (.57, .71), (.50, .91), (.28, 1.0), (.10, .94), (.00, .82)],
        [(.10, .94), (.07, .92), (.04, .89), (.02, .86), (.00, .82)]),
    4: ([(.20, .00), (.18, .07), (.15, .15), (.12, .23), (.09, .32), (.06, .41), (.03, .50), (.00, .58), (.00, .58),
         (.12, .59), (.24, .58), (.36, .57), (.48, .56), (.58, .55), (.68, .54)],
        [(.52, .06), (.50, .30), (.47, .54), (.45, .77), (.42, 1.0)]),
    5: ([(.13, .02), (.12, .10), (.10, .20), (.08, .30), (.06, .41), (.14, .38), (.26, .36), (.40, .39), (.51, .49),
         (.56, .63), (.53, .79), (.43, .92), (.28, 1.0), (.12, .97), (.00, .88)],
        [(.13, .02), (.26, .03), (.38, .03), (.50, .02), (.62, .00)]),
    6: ([(.46, .00), (.34, .08), (.22, .20), (.12, .36), (.05, .53), (.03, .70), (.08, .86), (.20, .97), (.35, .99),
         (.49, .90), (.54, .75), (.48, .60), (.34, .53), (.19, .59), (.07, .73)],
        [(.54, .75), (.48, .60), (.34, .53), (.19, .59), (.07, .73)]),
    7: ([(.00, .09), (.11, .06), (.23, .05), (.36, .04), (.48, .03), (.60, .01), (.60, .01), (.55, .14), (.49, .27),
         (.44, .40), (.39, .52), (.34, .64), (.30, .76), (.27, .88), (.24, 1.0)],
        [(.24, 1.0)] * 5),
    8: ([(.26, .46), (.10, .32), (.08, .13), (.28, .00), (.46, .06), (.50, .20), (.43, .34), (.26, .46), (.26, .46),
         (.46, .58), (.54, .74), (.46, .94), (.24, 1.0), (.02, .86), (.08, .62)],
        [(.02, .86), (.00, .77), (.06, .64), (.15, .54), (.26, .46)]),
    9: ([(.55, .14), (.47, .04), (.35, .00), (.22, .03), (.11, .12), (.04, .25), (.04, .38), (.11, .48), (.22, .52),
         (.33, .50), (.42, .43), (.49, .35), (.53, .26), (.55, .18), (.56, .12)],
        [(.56, .12), (.55, .34), (.52, .56), (.48, .78), (.43, 1.0)]),
}
# fmt: on


def draw(digit: int, slant: float = 0.0, width: float = WIDTH) -> Picture:
    """A digit as float32 [28, 28], 0 the ground and 1 the ink.

    Args:
        digit: 0 to 9.
        slant: how far its top leans to the right, in its height.
        width: of the pen, in pixels.
    """
    return morph(digit, digit, 0.0, slant, width)


def morph(start: int, end: int, share: float, slant: float = 0.0, width: float = WIDTH) -> Picture:
    """A digit on its way to another as float32 [28, 28]; `share` 0 is `start` and 1 is `end`, and see `draw`."""
    curve = np.concatenate(
        [
            _spline(len(a)) @ ((1 - share) * np.array(a) + share * np.array(b))
            for a, b in zip(STROKES[start], STROKES[end], strict=True)
        ]
    )
    curve[:, 0] -= slant * curve[:, 1]
    low, high = curve.min(axis=0), curve.max(axis=0)
    curve = (curve - (low + high) / 2) * ((BOX - width) / (high - low).max()) + MIDDLE
    ink = _pen(curve, width)
    return _pen(curve + MIDDLE - _centre_of_mass(ink), width)


@functools.cache
def _spline(points: int) -> Points:
    """The matrix that turns control points into points on the Catmull-Rom spline through them."""
    t = np.linspace(0, 1, FINENESS, endpoint=False)[:, None]
    weights = (
        np.hstack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2]) / 2
    )
    matrix = np.zeros(((points - 1) * FINENESS + 1, points))
    for k in range(points - 1):
        rows = slice(k * FINENESS, (k + 1) * FINENESS)
        for column, weight in zip(range(k - 1, k + 3), weights.T, strict=True):
            matrix[rows, min(max(column, 0), points - 1)] += weight
    matrix[-1, -1] = 1
    return matrix


def _pen(curve: Points, width: float) -> Picture:
    """Ink [28, 28] within half the pen's width of a curve [n, 2] in pixels; the edge fades over one pixel."""
    pixels = _pixels()
    curve32 = (curve - MIDDLE).astype(np.float32)  # about the middle, where float32 squares lose least
    squared = (curve32**2).sum(axis=1) - 2 * pixels @ curve32.T
    distance = np.sqrt(np.maximum(squared.min(axis=1) + (pixels**2).sum(axis=1), 0))
    ink: Picture = np.clip(width / 2 + 0.5 - distance, 0, 1).reshape(SIDE, SIDE)
    return ink


@functools.cache
def _pixels() -> Picture:
    x, y = np.meshgrid(np.arange(SIDE) + 0.5 - MIDDLE, np.arange(SIDE) + 0.5 - MIDDLE)
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)


def centred(ink: npt.ArrayLike, side: int = SIDE, box: int = BOX) -> Picture:
    """Ink of any size laid out as MNIST's digits are, as float32 [side, side] in 0 to 1.

    Its longer side becomes `box` pixels, anti-aliased and without distortion, and its centre of mass comes to the
    middle, unless that would push ink over the edge.

    Args:
        ink: [height, width], 0 the ground, the darkest ink becomes 1.
        side: of the picture, in pixels.
        box: longer side of the ink, in pixels.

    Raises:
        PictureRefused: there is no ink.
    """
    drawn = np.asarray(ink, dtype=np.float32)
    marked = drawn > 0.1 * drawn.max(initial=0)
    if not marked.any():
        raise PictureRefused(N_("Nothing is drawn. Draw a digit first."))
    columns, rows = np.flatnonzero(marked.any(axis=0)), np.flatnonzero(marked.any(axis=1))
    drawn = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] / drawn.max()
    size = np.array(drawn.shape[::-1])
    scale = size.max() / box
    margin = math.ceil(side * scale)
    corner = np.clip(_centre_of_mass(drawn) - (side / 2 + 0.5) * scale, size - side * scale, 0) + margin
    window = (*corner, *(corner + side * scale))
    small = Image.fromarray(np.pad(drawn, margin)).resize((side, side), Image.Resampling.HAMMING, box=window)
    laid_out: Picture = np.clip(np.asarray(small), 0, 1)
    return laid_out


def _centre_of_mass(ink: npt.NDArray[np.floating]) -> Points:
    """x and y in pixels from the upper left edge of ink [h, w]."""
    total = ink.sum()
    x = (ink.sum(axis=0) * (np.arange(ink.shape[1]) + 0.5)).sum() / total
    y = (ink.sum(axis=1) * (np.arange(ink.shape[0]) + 0.5)).sum() / total
    return np.array([x, y])
