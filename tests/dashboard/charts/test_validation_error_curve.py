"""The live curve of a run: what is drawn of students, twin and teacher, and where the axes end."""

from __future__ import annotations

import json
import math
from typing import get_args

import pytest

from dashboard.charts.axes import PAST_THE_END, label_lines
from dashboard.charts.layer_gradients import layer_spec
from dashboard.charts.loss_and_gradient_curves import (
    named_curves_spec,
)
from dashboard.charts.run_overlay import overlay_spec
from dashboard.charts.streamlit_chart_config import BELOW, as_streamlit_draws
from dashboard.charts.validation_error_curve import MARK, validation_error_frame, validation_error_spec
from dashboard.charts.vega import Spec
from dashboard.text.roles import Theme
from kdcore.events import HotChange, StageChanged, Validation
from tests.dashboard.fake_manager import FakeManager, curves_of


def test_errors_are_percent_and_the_teacher_is_a_flat_line(run: FakeManager) -> None:
    run.train("run0", 20)
    frame = validation_error_frame(curves_of(run), 150)
    lines = frame[frame.kind == "line"]
    assert set(lines.look) == {"twin", "student"}
    last = curves_of(run).curve("student", "val_error").last
    assert lines[lines.look == "student"].y.iloc[-1] == pytest.approx(100 * last)
    flat = frame[frame.kind == "flat"]
    assert list(flat.x) == [0, 150]
    assert list(flat.y) == [2.0, 2.0]


@pytest.mark.parametrize("spec", [validation_error_spec("light"), overlay_spec("light")])
def test_the_marks_at_the_ends_have_room_beside_the_axis(spec: Spec) -> None:
    assert as_streamlit_draws(spec, "")["padding"] == {"bottom": BELOW, **PAST_THE_END}
    assert PAST_THE_END["right"] >= 12


def test_no_edge_cuts_a_mark_at_the_end() -> None:
    """A figure that can be zoomed is cut at its edges: the axis ends before, by half a mark."""
    [end] = [one for one in validation_error_spec("light")["layer"] if one["mark"].get("size") == 150]
    [first, last] = end["encoding"]["x"]["scale"]["range"]
    assert first == 0
    assert last == {"expr": f"width - {MARK}"}
    assert math.sqrt(150 / math.pi) < MARK


def test_who_learned_before_the_run_keeps_a_curve_beside_the_students(run: FakeManager) -> None:
    run.note("run0", "Phase", {"name": "preparation"})
    for epoch, errors in ((1, 80), (200, 20)):
        run.say("run0", Validation(epoch, float(epoch), "assistant", errors, 400, 0.1), "preparation")
    alone = validation_error_frame(curves_of(run), 150)
    assert list(alone[alone.kind == "line"].y) == [20, 5]
    run.note("run0", "Phase", {"name": "students"})
    run.train("run0", 20)
    frame = validation_error_frame(curves_of(run), 150)
    line = frame[(frame.kind == "line") & ~frame.look.isin(["twin", "student"])]
    assert list(line.x) == [1, 200]
    assert frame.xmax.max() >= 200, "its epochs are its own, and may be more"


def test_a_teacher_that_is_trained_has_a_curve_and_then_a_flat_line(run: FakeManager) -> None:
    run.note("run0", "Phase", {"name": "teacher"})
    for epoch, errors in ((1, 80), (2, 20), (3, 12)):
        run.say("run0", Validation(epoch, float(epoch), "teacher", errors, 400, 0.1), "teacher")
    assert validation_error_frame(curves_of(run), 150).query("kind == 'flat'").empty, "it is not there yet"
    run.note("run0", "Phase", {"name": "students"})
    run.say("run0", Validation(0, 0.0, "teacher", 10, 400, 0.1), "teacher")
    frame = validation_error_frame(curves_of(run), 150)
    line = frame[(frame.kind == "line") & (frame.look == "teacher")]
    assert list(line.x) == [1, 2, 3]
    assert list(frame[frame.kind == "flat"].y) == [2.5, 2.5]


def test_the_axes_reach_the_last_epoch_and_follow_the_errors_down(run: FakeManager) -> None:
    run.train("run0", 5)
    early = validation_error_frame(curves_of(run), 150).iloc[0]
    run.train("run0", 145, 5)
    late = validation_error_frame(curves_of(run), 150).iloc[0]
    assert early.kind == late.kind == "extent"
    assert early.xmax == late.xmax > 150
    assert early.top == 100
    assert 20 <= late.top <= 30


def test_hot_changes_and_later_stages_are_rules(run: FakeManager) -> None:
    run.train("run0", 5)
    run.say("run0", StageChanged(0, 0.0, "student", "first"))
    run.say("run0", StageChanged(50, 2.0, "student", "second"))
    run.say("run0", HotChange(90, 3.5, "temperature", 8.0))
    rules = validation_error_frame(curves_of(run), 150).query("kind == 'rule'")
    assert dict(zip(rules.text, rules.x, strict=True)) == {"T = 8": 3.5, "second": 2.0}


@pytest.mark.parametrize("theme", get_args(Theme))
def test_specifications_do_not_depend_on_the_data(theme: Theme) -> None:
    """A chart keeps its place on the page and the reader's zoom only so."""
    for make in (
        lambda: validation_error_spec(theme),
        lambda: named_curves_spec(theme, "x"),
        lambda: layer_spec(theme, "x"),
    ):
        spec = make()
        assert spec == make()
        assert not {"data", "datasets"} & set(spec)
        json.dumps(spec)


def test_texts_of_changes_stand_on_lines_where_they_do_not_touch() -> None:
    marks = [(10.0, "T = 8"), (12.0, "T = 100"), (80.0, "T = 0.25"), (99.0, "weight on teacher = 0.5")]
    assert label_lines(marks, 100.0)[:2] == [1.0, 0.0], "the newest first"
    assert label_lines(marks, 100.0)[2:] == [1.0, 0.0], "on the left of their marks, where the axis ends"
    assert label_lines([(10.0, "T = 8"), (60.0, "T = 100")], 100.0) == [0.0, 0.0]
    many = label_lines([(10.0 + i / 10, "T = 8") for i in range(20)], 100.0)
    assert all(math.isnan(line) for line in many[:14])
    assert sorted(many[14:]) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], "the newest six have room"
