from __future__ import annotations

import json
import math
from typing import get_args

import numpy as np
import pytest

from dashboard.charts import training_curves
from dashboard.components.result_tables import headline_figures, headline_html
from dashboard.data.curves import Curves
from dashboard.text.roles import ROLES, Theme, role
from kdcore.events import HotChange, StageChanged, Validation
from kdcore.experiment import Experiment
from tests.dashboard.fake_manager import FakeManager


def said(manager: FakeManager, run_id: str = "run0") -> Curves:
    return Curves(manager.points(run_id), manager.events(run_id))


@pytest.fixture
def run() -> FakeManager:
    manager = FakeManager()
    manager.submit(Experiment().with_flat(epochs=150), "me")
    return manager


def test_soft_targets_are_a_softmax_at_any_temperature() -> None:
    logits = [1000.0, 999.0, -1000.0]
    for temperature in (0.25, 1.0, 4.0, 100.0):
        p = training_curves.soft_targets(logits, temperature)
        assert sum(p) == pytest.approx(1)
        assert math.log(p[0] / p[1]) == pytest.approx(1 / temperature)


def test_errors_are_percent_and_the_teacher_is_a_flat_line(run: FakeManager) -> None:
    run.train("run0", 20)
    frame = training_curves.error_frame(said(run), 150)
    lines = frame[frame.kind == "line"]
    assert set(lines.look) == {"twin", "student"}
    last = said(run).curve("student", "val_error").last
    assert lines[lines.look == "student"].y.iloc[-1] == pytest.approx(100 * last)
    flat = frame[frame.kind == "flat"]
    assert list(flat.x) == [0, 150]
    assert list(flat.y) == [2.0, 2.0]


def test_who_learned_before_the_run_keeps_a_curve_beside_the_students(run: FakeManager) -> None:
    run.note("run0", "Phase", {"name": "preparation"})
    for epoch, errors in ((1, 80), (200, 20)):
        run.say("run0", Validation(epoch, float(epoch), "assistant", errors, 400, 0.1), "preparation")
    alone = training_curves.error_frame(said(run), 150)
    assert list(alone[alone.kind == "line"].y) == [20, 5]
    run.note("run0", "Phase", {"name": "students"})
    run.train("run0", 20)
    frame = training_curves.error_frame(said(run), 150)
    line = frame[(frame.kind == "line") & ~frame.look.isin(["twin", "student"])]
    assert list(line.x) == [1, 200]
    assert frame.xmax.max() >= 200, "its epochs are its own, and may be more"


def test_a_teacher_that_is_trained_has_a_curve_and_then_a_flat_line(run: FakeManager) -> None:
    run.note("run0", "Phase", {"name": "teacher"})
    for epoch, errors in ((1, 80), (2, 20), (3, 12)):
        run.say("run0", Validation(epoch, float(epoch), "teacher", errors, 400, 0.1), "teacher")
    assert training_curves.error_frame(said(run), 150).query("kind == 'flat'").empty, "it is not there yet"
    run.note("run0", "Phase", {"name": "students"})
    run.say("run0", Validation(0, 0.0, "teacher", 10, 400, 0.1), "teacher")
    frame = training_curves.error_frame(said(run), 150)
    line = frame[(frame.kind == "line") & (frame.look == "teacher")]
    assert list(line.x) == [1, 2, 3]
    assert list(frame[frame.kind == "flat"].y) == [2.5, 2.5]


def test_the_axes_reach_the_last_epoch_and_follow_the_errors_down(run: FakeManager) -> None:
    run.train("run0", 5)
    early = training_curves.error_frame(said(run), 150).iloc[0]
    run.train("run0", 145, 5)
    late = training_curves.error_frame(said(run), 150).iloc[0]
    assert early.kind == late.kind == "extent"
    assert early.xmax == late.xmax > 150
    assert early.top == 100
    assert 20 <= late.top <= 30


def test_hot_changes_and_later_stages_are_rules(run: FakeManager) -> None:
    run.train("run0", 5)
    run.say("run0", StageChanged(0, 0.0, "student", "first"))
    run.say("run0", StageChanged(50, 2.0, "student", "second"))
    run.say("run0", HotChange(90, 3.5, "temperature", 8.0))
    rules = training_curves.error_frame(said(run), 150).query("kind == 'rule'")
    assert dict(zip(rules.text, rules.x, strict=True)) == {"T = 8": 3.5, "second": 2.0}


def test_every_named_term_is_drawn_raw_and_scaled(run: FakeManager) -> None:
    run.train("run0", 10)
    raw, scaled = (
        training_curves.loss_frame(said(run), form).query("kind == 'line'") for form in ("raw", "scaled")
    )
    assert {*zip(raw.look, raw.text, strict=True)} == {
        ("twin", "labels"),
        ("student", "labels"),
        ("student", "soft targets"),
    }
    ratio = scaled[scaled.text == "soft targets"].y.iloc[0] / raw[raw.text == "soft targets"].y.iloc[0]
    assert ratio == pytest.approx(0.9 * 16)


def test_sides_and_layers_of_the_gradient(run: FakeManager) -> None:
    run.train("run0", 3)
    sides = training_curves.side_frame(said(run)).query("kind == 'line'")
    assert {*zip(sides.look, sides.text, strict=True)} == {
        ("twin", "labels"),
        ("student", "labels"),
        ("student", "teacher"),
    }
    layers = training_curves.layer_frame(said(run)).query("kind == 'line' and look == 'student'")
    assert list(layers.layer) == ["hidden", "logits"], "input first"


def test_a_vanished_gradient_does_not_break_a_logarithmic_axis(run: FakeManager) -> None:
    from kdcore.events import Gradients

    run.say("run0", Gradients(1, 1.0, "student", {"labels": 0.0, "teacher": 1.0}, {"hidden": 0.0}))
    assert (training_curves.side_frame(said(run)).query("kind == 'line'").y > 0).all()
    assert training_curves.layer_frame(said(run)).query("kind == 'line'").empty


@pytest.mark.parametrize("theme", get_args(Theme))
def test_specifications_do_not_depend_on_the_data(theme: Theme) -> None:
    """A chart keeps its place on the page and the reader's zoom only so."""
    for make in (
        lambda: training_curves.error_spec(theme),
        lambda: training_curves.named_spec(theme, "x"),
        lambda: training_curves.layer_spec(theme, "x"),
    ):
        spec = make()
        assert spec == make()
        assert not {"data", "datasets"} & set(spec)
        json.dumps(spec)


def test_labels_at_the_ends_keep_apart() -> None:
    places = training_curves.spread([1.0, 1.0, 5.0, 1.05], 0.5)
    assert np.diff(sorted(places)).min() >= 0.5 - 1e-9
    assert training_curves.spread([1.0, 9.0], 0.5) == [1.0, 9.0]


def test_pinned_bars_are_soft_targets_at_the_given_temperature(run: FakeManager) -> None:
    run.train("run0", 150)
    panels = training_curves.pinned(said(run), 4.0)
    assert len(panels) == 6
    assert sum(bar["teacher"] for bar in panels[0]["bars"]) == pytest.approx(1)
    assert [bar["name"] for bar in panels[2]["bars"] if bar["label"]] == ["2"]
    sharp = training_curves.pinned(said(run), 1.0)
    assert sharp[0]["bars"][0]["teacher"] > panels[0]["bars"][0]["teacher"]
    assert training_curves.bar_end(panels) in (0.25, 0.5, 0.75, 1.0)


def test_of_many_classes_the_teachers_likeliest_are_shown(run: FakeManager) -> None:
    run.train("run0", 2)
    bars = training_curves.pinned(said(run), 4.0, most=3)[1]["bars"]
    assert {"1", "6"} <= {bar["name"] for bar in bars}
    assert len(bars) == 3


def test_the_headline_counts_errors_and_compares_with_the_twin(run: FakeManager) -> None:
    run.train("run0", 150)
    teacher, twin, student = headline_figures(said(run))
    assert (teacher.errors, teacher.images) == (8, 400)
    assert twin.difference is None
    assert student.difference == pytest.approx((student.errors - twin.errors) / 400)
    html = headline_html([teacher, twin, student])
    assert "8 of 400" in html
    assert "points" in html
    assert "1 seed" in html


def test_a_perfect_teacher_still_counts_its_images(run: FakeManager) -> None:
    run.say("run0", Validation(1, 1.0, "student", 4, 400, 0.1))
    run.say("run0", Validation(2, 2.0, "student", 0, 400, 0.1))
    student = headline_figures(said(run))[2]
    assert (student.errors, student.images) == (0, 400)


def test_a_networks_name_is_escaped() -> None:
    from dashboard.components.result_tables import HeadlineFigure

    assert "<b>evil" not in headline_html([HeadlineFigure("<b>evil", 0.1, 1, 10)])


# ---------------------------------------------------------------------------------------------- colours


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", [*ROLES, "peer"])
@pytest.mark.parametrize(("theme", "ground"), [("light", "#FFFFFF"), ("dark", "#14171A")])
def test_the_roles_can_be_read_on_their_ground(name: str, theme: Theme, ground: str) -> None:
    """4.5:1, as the headline writes in these colours."""
    bright, dim = sorted((luminance(role(name).colour(theme)), luminance(ground)), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= (4.5 if name != "peer" else 3)
