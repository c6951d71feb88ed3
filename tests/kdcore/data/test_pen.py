"""Ink along curves: as wide as the pen, whole whatever the spacing, and set in its frame as MNIST sets digits."""

from __future__ import annotations

import numpy as np
import pytest

from kdcore.data import pen
from kdcore.data.pen import Array

SIDE = 28


def line(start: tuple[float, float], end: tuple[float, float], points: int = 96) -> Array:
    return np.linspace(start, end, points)[None]


def drawn(curve: Array, radius: float) -> Array:
    radii = np.full(curve.shape[:2], radius)
    return pen.ink(curve, radii, pen.lengths(curve, (0,)), SIDE)[0]


def test_the_spline_goes_through_its_control_points() -> None:
    controls = np.random.default_rng(0).normal(size=(5, 2))
    traced = pen.spline(5, 41) @ controls
    np.testing.assert_allclose(traced[::10], controls, atol=1e-12)
    straight = pen.spline(4, 10) @ np.arange(4.0)
    np.testing.assert_allclose(np.diff(straight[3:7]), 1 / 3, atol=1e-12)


@pytest.mark.parametrize("radius", [0.65, 1.4, 2.5])
def test_a_line_is_as_wide_as_the_pen(radius: float) -> None:
    ink = drawn(line((4, 14), (24, 14)), radius)
    assert ink[:, 14].sum() == pytest.approx(2 * radius, abs=0.15)
    exact = np.clip(radius + 0.5 - np.abs(np.arange(SIDE) + 0.5 - 14), 0, 1)
    np.testing.assert_allclose(ink[:, 14], exact, atol=0.1)


def test_the_pen_is_up_between_strokes() -> None:
    curve = np.concatenate([line((4, 6), (24, 6), 48), line((4, 22), (24, 22), 48)], axis=1)
    weight = pen.lengths(curve, (0, 48))
    assert weight.sum() == pytest.approx(40, rel=1e-9)
    ink = pen.ink(curve, np.full((1, 96), 1.2), weight, SIDE)[0]
    assert ink[14].max() == 0
    assert ink[6, 14] > 0.9 < ink[22, 14]


def test_a_stroke_folded_into_a_point_leaves_no_ink() -> None:
    curve = np.concatenate([line((4, 6), (24, 6), 48), line((14, 20), (14, 20), 48)], axis=1)
    ink = pen.ink(curve, np.full((1, 96), 1.2), pen.lengths(curve, (0, 48)), SIDE)[0]
    assert ink[20, 14] == 0


def test_a_frame_is_filled_and_centred_by_mass() -> None:
    curve = np.concatenate([line((0, 0), (0, 1), 64), line((0, 1), (0.5, 1), 32)], axis=1)
    radius, weight = np.array([1.5]), pen.lengths(curve, (0,))
    framed = pen.framed(curve, radius, weight, SIDE, 20)
    assert np.ptp(framed[0, :, 1]) + 3 == pytest.approx(20)
    ink = drawn(framed, 1.5)
    rows = (ink.sum(axis=1) * (np.arange(SIDE) + 0.5)).sum() / ink.sum()
    columns = (ink.sum(axis=0) * (np.arange(SIDE) + 0.5)).sum() / ink.sum()
    assert (rows, columns) == (pytest.approx(14.5, abs=0.2), pytest.approx(14.5, abs=0.2))


def test_what_would_hang_over_the_edge_is_pushed_back() -> None:
    """A long tail with all its mass at one end."""
    curve = np.concatenate([line((0, 0), (0, 0.1), 90), line((0, 0.1), (0, 1), 6)], axis=1)
    weight = np.ones((1, 96))
    framed = pen.framed(curve, np.array([1.0]), weight, 22, 20)
    assert framed.min() >= 1 - 1e-9
    assert framed.max() <= 21 + 1e-9
