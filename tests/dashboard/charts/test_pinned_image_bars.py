"""The bars beneath the pinned images."""

from __future__ import annotations

import math

import pytest

from dashboard.charts.pinned_image_bars import bar_end, pinned_panels, soft_targets
from tests.dashboard.fake_manager import FakeManager, curves_of


def test_soft_targets_are_a_softmax_at_any_temperature() -> None:
    logits = [1000.0, 999.0, -1000.0]
    for temperature in (0.25, 1.0, 4.0, 100.0):
        p = soft_targets(logits, temperature)
        assert sum(p) == pytest.approx(1)
        assert math.log(p[0] / p[1]) == pytest.approx(1 / temperature)


def test_pinned_bars_are_soft_targets_at_the_given_temperature(run: FakeManager) -> None:
    run.train("run0", 150)
    panels = pinned_panels(curves_of(run), 4.0)
    assert len(panels) == 6
    assert sum(bar["teacher"] for bar in panels[0]["bars"]) == pytest.approx(1)
    assert [bar["name"] for bar in panels[2]["bars"] if bar["label"]] == ["2"]
    sharp = pinned_panels(curves_of(run), 1.0)
    assert sharp[0]["bars"][0]["teacher"] > panels[0]["bars"][0]["teacher"]
    assert bar_end(panels) in (0.25, 0.5, 0.75, 1.0)


def test_of_many_classes_the_teachers_likeliest_are_shown(run: FakeManager) -> None:
    run.train("run0", 2)
    bars = pinned_panels(curves_of(run), 4.0, most=3)[1]["bars"]
    assert {"1", "6"} <= {bar["name"] for bar in bars}
    assert len(bars) == 3
