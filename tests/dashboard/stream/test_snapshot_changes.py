"""What travels: only what is new, and enough to draw exactly what the server has."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from dashboard.charts.curve_rows import ChartRows, row_group
from dashboard.stream.page_snapshot import PageSnapshot
from dashboard.stream.run_reader import run_snapshot
from dashboard.stream.snapshot_changes import as_json, changes, common_start, whole_message
from kdcore.events import HotChange
from kdcore.runs.live_view import thinned
from tests.dashboard.fake_manager import FakeManager, curves_of
from tests.dashboard.stream.watching_page import WatchingPage


def snapshot(manager: FakeManager) -> PageSnapshot:
    return run_snapshot(manager.run("run0"), curves_of(manager))


def expected_rows(rows: ChartRows) -> list[tuple[Any, ...]]:
    """The rows as they arrive: rounded, and without what is no number."""

    def arrives(value: Any) -> Any:
        return (
            value
            if isinstance(value, str | list)
            else pytest.approx(value, rel=1e-5)
            if math.isfinite(value)
            else None
        )

    return [(*group.key, *map(arrives, row)) for group in rows.groups for row in group.rows]


def test_a_page_that_applies_all_changes_has_what_the_server_has(
    manager: FakeManager, run: FakeManager
) -> None:
    page, before = WatchingPage(), PageSnapshot()
    for epoch in range(0, 12, 2):
        run.train("run0", 2, epoch)
        if epoch == 6:
            run.say("run0", HotChange(6, 6.5, "temperature", 8.0))
        now = snapshot(run)
        page.take(changes(before, now))
        before = now
        assert page.values == json.loads(json.dumps(now.values))
        for name, rows in now.charts.items():
            if rows.groups:
                assert page.rows(name) == expected_rows(rows), name
    whole = WatchingPage()
    whole.take(whole_message(before))
    assert (whole.values, whole.charts) == (page.values, page.charts)


def test_one_more_epoch_sends_one_more_point_a_curve(run: FakeManager) -> None:
    run.train("run0", 100)
    before = snapshot(run)
    run.train("run0", 1, 100)
    message = changes(before, snapshot(run))
    for name, change in message["charts"].items():
        for _index, _stays, rows in change["groups"]:
            assert len(rows) <= 2, name
    assert "pinned.images" not in message["set"], "the pictures travel once"
    assert len(as_json(message)) < 0.1 * len(as_json(whole_message(before)))


def test_nothing_new_sends_nothing(run: FakeManager) -> None:
    run.train("run0", 3)
    assert changes(snapshot(run), snapshot(run)) == {}


def test_a_curve_that_is_thinned_out_anew_is_sent_as_far_as_it_changed() -> None:
    points = [(float(x), float(x)) for x in range(1000)]
    page, before = WatchingPage(), PageSnapshot()
    sent = 0
    for end in range(1, 1000):
        rows = thinned(points[:end], 300)  # type: ignore[arg-type]
        now = PageSnapshot(charts={"error": ChartRows([row_group("line", "student", rows)], 1.0, 1.0)})  # type: ignore[arg-type]
        message = changes(before, now)
        page.take(message)
        sent += sum(len(rows) for _index, _stays, rows in message["charts"]["error"]["groups"])
        before = now
        assert [tuple(row[4:]) for row in page.rows("error")] == rows
    assert sent < 3500, "not all of it each time"


@pytest.mark.parametrize(
    ("before", "after", "stays"),
    [
        ([], [(1, 1.0)], 0),
        ([(1, 1.0)], [], 0),
        ([(1, 1.0)], [(1, 1.0)], 1),
        ([(1, 1.0), (2, 1.0)], [(1, 1.0), (3, 1.0)], 1),
        ([(1, 1.0), (2, 1.0), (3, 1.0)], [(1, 1.0), (3, 1.0)], 1),
        ([(0, 1.0), (2, 1.0)], [(1, 1.0), (2, 1.0)], 0),
    ],
)
def test_how_much_of_a_curve_stays(before: list[Any], after: list[Any], stays: int) -> None:
    assert common_start(before, after) == stays


def test_what_is_no_number_travels_as_none() -> None:
    rows = [(1.0, math.nan), (2.0, math.inf), (3.0, 1 / 3)]
    message = whole_message(PageSnapshot(charts={"loss": ChartRows([row_group("line", "student", rows)])}))
    [[_index, _stays, sent]] = json.loads(as_json(message))["charts"]["loss"]["groups"]
    assert sent == [[1.0, None], [2.0, None], [3.0, 0.333333]]
