"""The dataset `shapes`: coloured outlines and areas in three families that look alike inside, and what lies between two of them.

Round: circle, oval, egg. Cornered: triangle, square, pentagon. Open: arc, U, V, hook. Colours, backgrounds, lines behind and bars
before a shape say nothing about its class. 25,000 pictures take about four seconds on one core.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kdcore.data import pen
from kdcore.data.catalogue import SHAPES
from kdcore.data.known_truth import BLENDED, LabelledImages, Shares, blend_shares, drawn_labels
from kdcore.data.pen import Array
from kdcore.data.raw_images import Bytes, Numbers

SIDE = 32
POINTS = 72
"""Along an outline."""
AT_ONCE = 64
BLENDS = ((0, 1), (0, 2), (1, 2), (3, 4), (4, 5), (6, 7), (7, 8), (7, 9), (6, 9))
"""Pairs of classes between which a shape may lie, all within a family."""
CORNERS = {
    3: [(0, -1.15), (0.5, -0.17), (1, 0.8), (-1, 0.8), (-0.5, -0.17)],
    4: [(0, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85), (-0.85, -0.85)],
    5: [(0, -1.05), (1, -0.33), (0.62, 0.85), (-0.62, 0.85), (-1, -0.33)],
}
"""Five corners each: where there are fewer, the others lie on an edge, and a blend bulges there."""
OPEN = 6
"""The first class of the open family."""

SIZE, SIZE_SPREAD = 10.5, 0.8
"""Of a shape's radius, in pixels; the spread is a standard deviation, as all others here."""
SHIFT = 1.5
"""How far from the middle, in pixels, at most."""
RADII = (1.1, 2.0)
"""Half the width of a line, in pixels."""
SQUEEZE = 0.04
TURN = 0.15
"""In radians: a shape stands upright, more or less."""
JITTER = 0.035
"""How far control points of an outline stray, in radii."""
FILLED = 0.35
"""The share of closed shapes that are areas."""
BARRED = 0.35
"""The share of pictures with a bar across."""
LEAST_CONTRAST = 0.45
CLOUDS = 0.06
NOISE = 0.03


def generate(count: int, rng: np.random.Generator) -> LabelledImages:
    """So many pictures [count, 3, 32, 32], a share of them between two classes, in an order drawn at random."""
    start = rng.integers(len(SHAPES), size=count)
    end, way, share = start.copy(), np.zeros(count), np.zeros(count)
    blended = rng.permutation(count)[: round(BLENDED * count)]
    pairs = np.array(BLENDS)[rng.integers(len(BLENDS), size=len(blended))]
    start[blended], end[blended] = pairs.T
    way[blended], share[blended] = blend_shares(len(blended), rng)
    truth = np.zeros((count, len(SHAPES)))
    np.add.at(truth, (np.arange(count), start), 1 - share)
    np.add.at(truth, (np.arange(count), end), share)
    images = np.zeros((count, 3, SIDE, SIDE), np.uint8)
    for family in (start < OPEN, start >= OPEN):
        places = np.flatnonzero(family)
        for first in range(0, len(places), AT_ONCE):
            part = places[first : first + AT_ONCE]
            outline = _outlines(start[part], end[part], way[part], rng)
            cover = _cover(outline, bool(start[part[0]] < OPEN), rng)
            images[part] = _painted(cover, rng)
    return LabelledImages(images, drawn_labels(truth, rng), truth)


# ---- outlines -------------------------------------------------------------------------------------------------------


def _outlines(start: Numbers, end: Numbers, way: Shares, rng: np.random.Generator) -> Array:
    """Outlines [n, POINTS, 2] in radii, `way` of the way from class to class; of one family, each turned and bent by itself."""
    forms = np.stack([form() for form in FORMS])
    outline = forms[start] + (forms[end] - forms[start]) * way[:, None, None]
    n = len(outline)
    angle = np.linspace(0, 2 * np.pi, POINTS)
    # A few waves along the outline; they close where the outline does.
    for wave in (1, 2, 3):
        phase = wave * angle + rng.uniform(0, 2 * np.pi, (n, 1))
        outline += rng.normal(0, JITTER, (n, 1, 2)) / wave * np.sin(phase)[:, :, None]
    outline[:, :, 0] *= np.exp(rng.normal(0, SQUEEZE, (n, 1))) * np.where(rng.random((n, 1)) < 0.5, -1, 1)
    turn = rng.normal(0, TURN, n)
    rotation = np.stack([np.cos(turn), -np.sin(turn), np.sin(turn), np.cos(turn)], axis=1).reshape(n, 2, 2)
    turned: Array = outline @ rotation
    return turned


def _round(squeeze: float, taper: float) -> Array:
    angle = np.linspace(0, 2 * np.pi, POINTS)
    x, y = np.cos(angle) * squeeze, np.sin(angle) / squeeze
    return np.stack([x * (1 - taper * y), y], axis=1)


def _cornered(number: int) -> Array:
    corners = np.array([*CORNERS[number], CORNERS[number][0]], dtype=float)
    place = np.linspace(0, len(corners) - 1, POINTS)
    return np.stack([np.interp(place, np.arange(len(corners)), corners[:, axis]) for axis in (0, 1)], axis=1)


def _open(controls: list[tuple[float, float]]) -> Array:
    line: Array = pen.spline(len(controls), POINTS) @ np.array(controls)
    return line


def _arc() -> Array:
    angle = np.linspace(-0.75 * np.pi, 0.75 * np.pi, POINTS)
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)


FORMS: tuple[Callable[[], Array], ...] = (
    lambda: _round(1.0, 0.0),
    lambda: _round(0.82, 0.0),
    lambda: _round(0.90, 0.28),
    lambda: _cornered(3),
    lambda: _cornered(4),
    lambda: _cornered(5),
    _arc,
    lambda: _open(
        [
            (-0.8, -1),
            (-0.8, -0.4),
            (-0.78, 0.3),
            (-0.4, 0.85),
            (0.4, 0.85),
            (0.78, 0.3),
            (0.8, -0.4),
            (0.8, -1),
        ]
    ),
    lambda: _open(
        [(-0.85, -1), (-0.6, -0.4), (-0.3, 0.3), (0, 1), (0, 1), (0.3, 0.3), (0.6, -0.4), (0.85, -1)]
    ),
    lambda: _open(
        [
            (-0.7, 0.1),
            (-0.7, 0.3),
            (-0.6, 0.6),
            (-0.3, 0.9),
            (0.2, 0.85),
            (0.55, 0.4),
            (0.6, -0.3),
            (0.6, -1.1),
        ]
    ),
)
"""One outline [POINTS, 2] for each class, in radii."""


# ---- pixels ---------------------------------------------------------------------------------------------------------


def _cover(outline: Array, closed: bool, rng: np.random.Generator) -> Array:
    """How much of each pixel [n, SIDE, SIDE] a shape covers: as an area, or as a line."""
    n = len(outline)
    size = rng.normal(SIZE, SIZE_SPREAD, (n, 1, 1)).clip(8, 12.5)
    curve = outline * size + SIDE / 2 + rng.uniform(-SHIFT, SHIFT, (n, 1, 2))
    radius = rng.uniform(*RADII, (n, 1)) * np.ones((1, POINTS))
    cover = pen.ink(curve, radius, pen.lengths(curve, (0,)), SIDE)
    filled = rng.random(n) < FILLED
    if closed and filled.any():
        cover[filled] = _area(curve[filled])
    return cover


def _area(curve: Array) -> Array:
    """How much of each pixel [n, SIDE, SIDE] lies inside convex outlines [n, POINTS, 2]: by the nearest edge's distance."""
    edge = np.diff(curve, axis=1)
    outwards = np.stack([edge[..., 1], -edge[..., 0]], axis=2)
    outwards /= np.hypot(outwards[..., 0], outwards[..., 1])[..., None] + 1e-9
    middle = curve.mean(axis=1, keepdims=True)
    outwards *= np.sign(((curve[:, :-1] - middle) * outwards).sum(axis=(1, 2)))[:, None, None]
    offset = (outwards * curve[:, :-1]).sum(axis=2, keepdims=True)
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    planes = np.concatenate([-outwards, offset], axis=2) @ np.stack([x.ravel(), y.ravel(), np.ones(SIDE**2)])
    inside: Array = (planes.min(axis=1) + 0.5).clip(0, 1)
    return inside.reshape(-1, SIDE, SIDE)


def _painted(cover: Array, rng: np.random.Generator) -> Bytes:
    """Pictures [n, 3, SIDE, SIDE] in bytes: ground, a line behind, the shape, a bar across, noise."""
    n = len(cover)
    ground, colour = _colours(n, rng)
    picture = ground[:, :, None, None] + _clouds(n, CLOUDS, rng)
    picture = _over(picture, _bars(n, rng.uniform(0.5, 1.2, n), rng), rng.random((n, 3)))
    shade = colour[:, :, None, None] + _clouds(n, CLOUDS, rng)
    picture += (shade - picture) * cover[:, None]
    barred = (rng.random(n) < BARRED)[:, None, None]
    picture = _over(picture, _bars(n, rng.uniform(1.0, 2.5, n), rng) * barred, rng.random((n, 3)))
    picture += rng.normal(0, NOISE, picture.shape)
    painted: Bytes = np.rint(255 * picture.clip(0, 1)).astype(np.uint8)
    return painted


def _colours(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """A colour of the ground and one of the shape, each [n, 3], which differ enough to be told apart."""
    ground = rng.random((n, 3))
    tries = rng.random((n, 8, 3))
    fits = np.abs(tries - ground[:, None]).mean(axis=2)
    first = (fits > LEAST_CONTRAST).argmax(axis=1)
    chosen = np.where(fits.max(axis=1) > LEAST_CONTRAST, first, fits.argmax(axis=1))
    return ground, tries[np.arange(n), chosen]


def _clouds(n: int, spread: float, rng: np.random.Generator) -> Array:
    """Smooth noise [n, 3, SIDE, SIDE]: splines through random values on a coarse grid."""
    coarse = rng.normal(0, spread, (n, 3, 5, 5))
    across = pen.spline(5, SIDE)
    return across @ coarse @ across.T


def _bars(n: int, radius: Array, rng: np.random.Generator) -> Array:
    """How much of each pixel [n, SIDE, SIDE] a straight bar of this half width covers, at any place and angle."""
    angle = rng.uniform(0, np.pi, (n, 1, 1))
    place = rng.uniform(-10, 10, (n, 1, 1))
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5 - SIDE / 2
    distance = np.abs(x * np.cos(angle) + y * np.sin(angle) - place)
    cover: Array = (radius[:, None, None] + 0.5 - distance).clip(0, 1)
    return cover


def _over(picture: Array, cover: Array, colour: Array) -> Array:
    return picture + (colour[:, :, None, None] - picture) * cover[:, None]
