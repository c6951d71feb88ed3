"""A page keeps of a long run as many steps as it has room for, and what is shown at them."""

from __future__ import annotations

from dashboard.charts.curve_rows import ChartRows, RowGroup
from dashboard.handout.replay import _shown_at, _with_fewer_steps
from dashboard.stream.page_snapshot import PageSnapshot


def snapshot(steps: int) -> PageSnapshot:
    moments = [(n / 10, [n, f"step {n}", 1.0, 4.0, ""]) for n in range(steps)]
    answers = [(n / 10, [[0.0]]) for n in range(steps)]
    charts = {
        "moments": ChartRows([RowGroup("moment", "", "", "", list(moments))]),
        "answers": ChartRows([RowGroup("answer", "student", "", "student", list(answers))]),
        "layer": ChartRows([]),
        "error": ChartRows([RowGroup("line", "student", "", "", list(answers))]),
    }
    return PageSnapshot({}, charts, ended=True)


def test_the_first_and_the_last_step_stay() -> None:
    fewer = _with_fewer_steps(snapshot(1000), 60)
    epochs = [row[0] for row in fewer.charts["moments"].groups[0].rows]
    assert len(epochs) <= 60
    assert (epochs[0], epochs[-1]) == (0.0, 99.9)
    assert [row[0] for row in fewer.charts["answers"].groups[0].rows] == epochs
    assert len(fewer.charts["error"].groups[0].rows) == 1000, "curves are whole"


def test_a_short_run_keeps_all() -> None:
    assert _with_fewer_steps(snapshot(20), 60).charts["moments"] == snapshot(20).charts["moments"]


def test_of_rows_between_two_steps_the_earlier_is_shown() -> None:
    rows = [(0.0, "a"), (0.5, "b"), (1.5, "c"), (3.0, "d")]
    assert _shown_at(rows, [0.0, 1.0]) == [(0.0, "a"), (0.5, "b"), (3.0, "d")]
    assert _shown_at([], [1.0]) == []
