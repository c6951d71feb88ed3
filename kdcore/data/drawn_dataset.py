"""The dataset `drawn`: digits as people write them, drawn from a seed, and pictures between two digits, whose truth is known.

Nothing is taken from any dataset's images. 35,000 pictures take about four seconds on one core. A `cnn-medium` that was
trained on nothing else reads MNIST's test images: docs/teachers.md says how many.
"""

from __future__ import annotations

import numpy as np

from kdcore.data import pen
from kdcore.data.digit_glyphs import BLENDS, GLYPHS, Stroke
from kdcore.data.known_truth import BLENDED, LabelledImages, blend_shares, drawn_labels, one_hot
from kdcore.data.pen import Array
from kdcore.data.raw_images import Bytes, Numbers

SIDE = 28
BOX = 20
"""Pixels of the longer side of a digit's ink, as in MNIST."""
POINTS = 144
"""On the curve of a picture: a third of a pixel apart."""
AT_ONCE = 512
"""Pictures that are drawn at once: their Gaussians fill 33 MB."""

# How much writers differ: standard deviations in heights of a digit, in radians, or of a logarithm.
JITTER = 0.03
"""Of a control point; the mean over writers."""
SLANT, UPRIGHT = 0.30, 0.12
ROTATION = 0.15
ASPECT = 0.25
WAIST = 0.40
"""How far the middle is moved up or down: which loop is the larger one."""
TAPER = 0.30
BEND = 0.14
RADIUS, RADIUS_SPREAD, THINNEST, THICKEST = 1.4, 0.33, 0.65, 2.9
"""Half the pen's width in pixels; the spread is of its logarithm."""
PRESSURE = 0.15
RIM = 1.2
"""Pixels over which ink fades."""


def generate(count: int, rng: np.random.Generator) -> LabelledImages:
    """So many pictures [count, 1, 28, 28], a share of them between two digits, in an order drawn at random."""
    images = np.zeros((count, 1, SIDE, SIDE), np.uint8)
    truth = np.zeros((count, 10))
    places = rng.permutation(count)
    blended = round(BLENDED * count)
    _plain(images, truth, places[blended:], rng)
    _blended(images, truth, places[:blended], rng)
    return LabelledImages(images, drawn_labels(truth, rng), truth)


def _plain(images: Bytes, truth: Array, places: Numbers, rng: np.random.Generator) -> None:
    """Fill these places with digits, all equally often, each written in its ways as often as they weigh."""
    glyphs = list(GLYPHS.values())
    total = [sum(glyph.weight for glyph in glyphs if glyph.digit == digit) for digit in range(10)]
    ways = rng.choice(len(glyphs), len(places), p=[g.weight / total[g.digit] / 10 for g in glyphs])
    for k, glyph in enumerate(glyphs):
        for part in _parts(places[ways == k]):
            images[part] = _written(_controls(glyph.strokes, len(part), rng), rng)
            truth[part] = one_hot(glyph.digit, 10)


def _blended(images: Bytes, truth: Array, places: Numbers, rng: np.random.Generator) -> None:
    """Fill these places with pictures between two digits."""
    pairs = rng.integers(len(BLENDS), size=len(places))
    for k, blend in enumerate(BLENDS):
        for part in _parts(places[pairs == k]):
            way, share = blend_shares(len(part), rng)
            strokes = [
                start + (end - start) * way[:, None, None]
                for start, end in zip(
                    _controls(blend.start, len(part), rng), _controls(blend.end, len(part), rng), strict=True
                )
            ]
            images[part] = _written(strokes, rng)
            truth[part] = np.outer(1 - share, one_hot(blend.digits[0], 10)) + np.outer(
                share, one_hot(blend.digits[1], 10)
            )


def _parts(places: Numbers) -> list[Numbers]:
    return [places[first : first + AT_ONCE] for first in range(0, len(places), AT_ONCE)]


def _controls(strokes: tuple[Stroke, ...], count: int, rng: np.random.Generator) -> list[Array]:
    """Control points [count, points, 2] of each stroke, moved at random; a point that is given twice moves as one."""
    points = np.array([point for stroke in strokes for point in stroke])
    distinct, which = np.unique(points, axis=0, return_inverse=True)
    carelessness = rng.gamma(4, JITTER / 4, (count, 1, 1))
    moved = distinct + rng.normal(size=(count, *distinct.shape)) * carelessness
    ends = np.cumsum([len(stroke) for stroke in strokes])[:-1]
    return np.split(moved[:, which.ravel()], ends, axis=1)


def _written(strokes: list[Array], rng: np.random.Generator) -> Bytes:
    """Pictures [n, 1, 28, 28] of these strokes, each in a hand and with a pen of its own."""
    counts = [POINTS] if len(strokes) == 1 else [POINTS - POINTS // 3, POINTS // 3]
    curve = np.concatenate(
        [pen.spline(s.shape[1], c) @ s for s, c in zip(strokes, counts, strict=True)], axis=1
    )
    curve = _bent(curve, rng)
    radius = RADIUS * np.exp(rng.normal(0, RADIUS_SPREAD, (len(curve), 1)))
    radius = radius.clip(THINNEST, THICKEST)
    along = np.linspace(0, 2, POINTS) + rng.uniform(0, 2, (len(curve), 1))
    pressure = np.exp(rng.normal(0, PRESSURE, (len(curve), 1)) * np.cos(np.pi * along))
    starts = (0, *np.cumsum(counts)[:-1])
    curve = pen.framed(curve, radius[:, 0], pen.lengths(curve, starts) * pressure, SIDE, BOX)
    ink = pen.ink(curve, radius * pressure, pen.lengths(curve, starts), SIDE, RIM)
    return np.rint(255 * ink).astype(np.uint8)[:, None]


def _bent(curve: Array, rng: np.random.Generator) -> Array:
    """Curves [n, points, 2] about their middles, each with the slant, the breadth and the bends of one writer."""

    def normal(spread: float, most: float = 1.0) -> Array:
        return rng.normal(0, spread, (len(curve), 1)).clip(-most, most)

    x, y = np.moveaxis(
        curve - (curve.max(axis=1, keepdims=True) + curve.min(axis=1, keepdims=True)) / 2, 2, 0
    )
    y = y + normal(WAIST, 0.8) * (0.25 - y**2)
    x = x * (1 + 2 * normal(TAPER, 0.6) * y) + 2 * normal(BEND) * (y**2 - 0.08)
    x = x * np.exp(normal(ASPECT)) - (UPRIGHT + normal(SLANT)) * y
    y = y + normal(BEND) * (x**2 - 0.04)
    turn = normal(ROTATION)
    return np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], axis=2)
