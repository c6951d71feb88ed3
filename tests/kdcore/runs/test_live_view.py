"""A run's record as many viewers share it: who wants the run does not wait for who reads its curves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from kdcore.runs.curve_store import Point
from kdcore.runs.live_view import LiveView
from kdcore.runs.store import Store
from kdcore.studies.presets import PRESETS


def test_the_run_is_given_while_another_thread_reads_its_curves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "runs")
    view = LiveView(store, store.create(PRESETS[0].experiment, "test").id)
    reads, may_go_on = Event(), Event()

    def slow_points(*_asked: object) -> list[Point]:
        reads.set()
        may_go_on.wait()
        return []

    monkeypatch.setattr(store, "points", slow_points)
    with ThreadPoolExecutor(2) as threads:
        curves = threads.submit(view.points, 0)
        assert reads.wait(10)
        try:
            assert threads.submit(view.run).result(timeout=10).id == view.run_id
        finally:
            may_go_on.set()
        assert curves.result() == []
    store.close()
