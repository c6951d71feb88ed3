"""Loss terms and gradient norms: every one is drawn, and none breaks a logarithmic axis."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.charts.axes import spread_labels
from dashboard.charts.layer_gradients import layer_frame
from dashboard.charts.loss_and_gradient_curves import (
    gradient_side_frame,
    loss_frame,
)
from tests.dashboard.fake_manager import FakeManager, curves_of


def test_every_named_term_is_drawn_raw_and_scaled(run: FakeManager) -> None:
    run.train("run0", 10)
    raw, scaled = (loss_frame(curves_of(run), form).query("kind == 'line'") for form in ("raw", "scaled"))
    assert {*zip(raw.look, raw.text, strict=True)} == {
        ("twin", "labels"),
        ("student", "labels"),
        ("student", "soft targets"),
    }
    ratio = scaled[scaled.text == "soft targets"].y.iloc[0] / raw[raw.text == "soft targets"].y.iloc[0]
    assert ratio == pytest.approx(0.9 * 16)


def test_sides_and_layers_of_the_gradient(run: FakeManager) -> None:
    run.train("run0", 3)
    sides = gradient_side_frame(curves_of(run)).query("kind == 'line'")
    assert {*zip(sides.look, sides.text, strict=True)} == {
        ("twin", "labels"),
        ("student", "labels"),
        ("student", "teacher"),
    }
    layers = layer_frame(curves_of(run)).query("kind == 'line' and look == 'student'")
    assert list(layers.layer) == ["hidden", "logits"], "input first"


def test_a_vanished_gradient_does_not_break_a_logarithmic_axis(run: FakeManager) -> None:
    from kdcore.events import Gradients

    run.say("run0", Gradients(1, 1.0, "student", {"labels": 0.0, "teacher": 1.0}, {"hidden": 0.0}))
    assert (gradient_side_frame(curves_of(run)).query("kind == 'line'").y > 0).all()
    assert layer_frame(curves_of(run)).query("kind == 'line'").empty


def test_labels_at_the_ends_keep_apart() -> None:
    places = spread_labels([1.0, 1.0, 5.0, 1.05], 0.5)
    assert np.diff(sorted(places)).min() >= 0.5 - 1e-9
    assert spread_labels([1.0, 9.0], 0.5) == [1.0, 9.0]
