"""Where many browsers look at runs, each looks less often; those that are gone do not count."""

from __future__ import annotations

import pytest

from dashboard.data import viewer_load


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    polled: dict[str, float] = {}
    monkeypatch.setattr(viewer_load, "_polled", polled)
    return polled


def test_a_browser_counts_once() -> None:
    assert [
        viewer_load.count_viewers("a"),
        viewer_load.count_viewers("a"),
        viewer_load.count_viewers("b"),
    ] == [1, 1, 2]


def test_who_has_not_polled_lately_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    viewer_load.count_viewers("a")
    later = viewer_load.time.monotonic() + viewer_load.RECENT + 1
    monkeypatch.setattr(viewer_load.time, "monotonic", lambda: later)
    assert viewer_load.count_viewers("b") == 1


def test_the_wait_grows_in_whole_steps() -> None:
    assert [viewer_load.poll_factor(n) for n in (0, 1, 12, 13, 24, 25, 30)] == [1, 1, 1, 2, 2, 3, 3]
