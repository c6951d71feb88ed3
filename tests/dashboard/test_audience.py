"""Where many browsers look at runs, each looks less often; those that are gone do not count."""

from __future__ import annotations

import pytest

from dashboard import audience


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    looked: dict[str, float] = {}
    monkeypatch.setattr(audience, "_looked", looked)
    return looked


def test_a_browser_counts_once() -> None:
    assert [audience.look("a"), audience.look("a"), audience.look("b")] == [1, 1, 2]


def test_who_has_not_looked_lately_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    audience.look("a")
    later = audience.time.monotonic() + audience.RECENT + 1
    monkeypatch.setattr(audience.time, "monotonic", lambda: later)
    assert audience.look("b") == 1


def test_the_wait_grows_in_whole_steps() -> None:
    assert [audience.stretch(n) for n in (0, 1, 12, 13, 24, 25, 30)] == [1, 1, 1, 2, 2, 3, 3]
